import Synchronization

/// All series of one metric, told apart by the values of its labels. `Series` is `Counter`, `Gauge` or `Histogram`.
///
/// Looking a series up hashes strings under a lock; keep the series that you use often. A family holds at most
/// `seriesCountMax` series: further label values share one whose labels all say `__other__`.
public final class MetricFamily<Series: Sendable>: Sendable {
    public let labels: [String]
    public let seriesCountMax: Int
    private let make: @Sendable () -> Series
    private let state: Mutex<State>

    struct State {
        var series: [[String]: Series] = [:]
        /// What was looked up lately. Most requests want what those before wanted, and comparing is quicker than hashing.
        var recentKeys: [[String]] = []
        var recentSeries: [Series] = []
        /// The place among them that is given away next.
        var hand = 0

        mutating func note(_ series: Series, _ key: [String]) {
            if recentKeys.count < recentMax {
                recentKeys.append(key)
                recentSeries.append(series)
            } else {
                recentKeys[hand] = key
                recentSeries[hand] = series
                hand = (hand + 1) % recentMax
            }
        }
        /// Look-ups that ended in `__other__`.
        var overflowCount: UInt64 = 0
    }

    init(labels: [String], seriesCountMax: Int, make: @escaping @Sendable () -> Series) {
        precondition(seriesCountMax > 0, "a family has room for a series")
        self.labels = labels
        self.seriesCountMax = seriesCountMax
        self.make = make
        state = Mutex(State())
    }

    /// The longest label value in bytes; longer ones are cut, since clients choose some of them.
    public static var labelBytesMax: Int { 256 }

    /// The series for label values, in the order of `labels`. A wrong number of values is a programming error.
    public func with(_ values: String...) -> Series { series(values) }

    public func series(_ values: [String]) -> Series {
        precondition(values.count == labels.count, "one value for each label")
        let isShort = values.allSatisfy { $0.utf8.count <= Self.labelBytesMax }
        let key = isShort ? values : values.map { $0.cut(toBytes: min($0.utf8.count, Self.labelBytesMax)) }
        return state.withLock { state in
            for place in state.recentKeys.indices where state.recentKeys[place] == key {
                return state.recentSeries[place]
            }
            if let series = state.series[key] {
                state.note(series, key)
                return series
            }
            if state.series.count < seriesCountMax { return state.series.remember(make(), key) }
            state.overflowCount += 1
            let other = [String](repeating: otherLabel, count: labels.count)
            return state.series[other] ?? state.series.remember(make(), other)
        }
    }

    /// The series in the order of their label values, and the number of look-ups that found no room.
    var snapshot: (series: [(values: [String], series: Series)], overflowCount: UInt64) {
        let (series, overflowCount) = state.withLock { ($0.series, $0.overflowCount) }
        let sorted = series.map { (values: $0.key, series: $0.value) }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
        return (sorted, overflowCount)
    }
}

/// Series of a family that are found without hashing.
private let recentMax = 4

/// The label value of all series for which there was no room.
let otherLabel = "__other__"

extension Dictionary {
    fileprivate mutating func remember(_ value: Value, _ key: Key) -> Value {
        self[key] = value
        return value
    }
}

extension String {
    /// The longest beginning of whole scalars that fits.
    func cut(toBytes count: Int) -> String {
        var end = utf8.index(startIndex, offsetBy: count)
        while String.Index(end, within: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(unicodeScalars[..<end])
    }
}
