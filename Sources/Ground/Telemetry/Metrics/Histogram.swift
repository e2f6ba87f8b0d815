import Synchronization

/// How often values fell under each of some bounds. One short lock per series.
public final class Histogram: Sendable {
    public let buckets: HistogramBuckets
    private let state: Mutex<HistogramValue>

    init(_ buckets: HistogramBuckets) {
        self.buckets = buckets
        state = Mutex(HistogramValue(counts: [UInt64](repeating: 0, count: buckets.bounds.count + 1)))
    }

    /// Counts a value. NaN is ignored.
    public func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = buckets.index(of: value)
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    /// Counts a duration in seconds.
    public func observe(_ duration: Duration) { observe(duration.inSeconds) }

    public var value: HistogramValue { state.withLock { $0 } }
}

/// What a histogram holds at one moment.
public struct HistogramValue: Sendable, Equatable {
    /// Values per bucket, not cumulative; the last is for those above every bound.
    public internal(set) var counts: [UInt64]
    public internal(set) var sum: Double = 0

    public var count: UInt64 { counts.reduce(0, &+) }
}

/// Upper bounds, inclusive, in rising order; `+Inf` is always added.
public struct HistogramBuckets: Sendable, Equatable {
    public let bounds: [Double]

    /// - Parameter bounds: finite and strictly rising, at least one; anything else is a programming error.
    public init(_ bounds: [Double]) {
        precondition(!bounds.isEmpty && bounds.allSatisfy(\.isFinite), "bounds are finite")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds rise")
        self.bounds = bounds
    }

    /// From 1 ms to 2 minutes: a token takes milliseconds, a long answer minutes.
    public static let latencySeconds = HistogramBuckets([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
    ])
    /// From 1 to 131,072 tokens: the contexts of today's models, in powers of two.
    public static let tokens = HistogramBuckets((0...17).map { Double(1 << $0) })

    func index(of value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
