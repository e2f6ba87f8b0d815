import Synchronization

/// A number that only grows: requests, tokens, seconds spent. One atomic addition, no lock.
public final class Counter: Sendable {
    private let whole = Atomic<UInt64>(0)
    /// Bits of a `Double`; stays 0 for counters of whole things.
    private let fraction = Atomic<UInt64>(0)

    init() {}

    public func increment(by amount: UInt64 = 1) { whole.wrappingAdd(amount, ordering: .relaxed) }

    /// Adds a duration in seconds. Negative ones are ignored: a counter does not fall.
    public func add(_ duration: Duration) {
        let seconds = duration.inSeconds
        guard seconds > 0 else { return }
        fraction.addDouble(seconds)
    }

    public var value: Double {
        Double(whole.load(ordering: .relaxed)) + Double(bitPattern: fraction.load(ordering: .relaxed))
    }
}

/// A number that goes up and down: requests in flight, bytes in memory.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    init() {}

    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    public func add(_ amount: Double) { bits.addDouble(amount) }
    public func increment() { add(1) }
    public func decrement() { add(-1) }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

extension Atomic where Value == UInt64 {
    /// Adds to the `Double` whose bits these are.
    borrowing func addDouble(_ amount: Double) {
        var old = load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: old) + amount).bitPattern
            let (isExchanged, current) = weakCompareExchange(expected: old, desired: sum, ordering: .relaxed)
            if isExchanged { return }
            old = current
        }
    }
}

extension Duration {
    var inSeconds: Double {
        // Asked once: it divides numbers of 128 bits.
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
