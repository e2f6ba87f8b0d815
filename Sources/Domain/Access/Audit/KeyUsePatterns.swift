/// What is unusual about the use of keys: the first use from an address, and many more uses in a minute than before. Pure,
/// and bounded: it forgets the keys that were not used for longest.
public struct KeyUsePatterns: Sendable {
    /// Uses of one key within a minute that are worth a word, once a minute.
    public static let burst = 600
    /// Microseconds of a window.
    public static let window: Int64 = 60_000_000
    /// Keys that are known at a time.
    public static let keysMax = 10_000
    /// Addresses that are known of a key; the next one makes it forget the oldest.
    public static let addressesMax = 32

    /// Something worth an entry.
    public enum Sign: Sendable, Equatable {
        case newAddress
        /// So many uses in the minute that has begun.
        case burst(Int)
    }

    private struct Use {
        var addresses: [String] = []
        var start: Int64
        var count = 0
        var last: Int64
    }

    private var uses: [String: Use] = [:]

    public init() {}

    /// Takes a use of a key.
    ///
    /// - Parameters:
    ///   - key: its id.
    ///   - address: where it was used.
    ///   - now: microseconds since 1970.
    /// - Returns: what is unusual about it.
    public mutating func take(_ key: String, from address: String, now: Int64) -> [Sign] {
        if uses[key] == nil {
            if uses.count >= Self.keysMax { forget() }
            uses[key] = Use(start: now, last: now)
        }
        return Self.note(address, now: now, in: &uses[key, default: Use(start: now, last: now)])
    }

    private static func note(_ address: String, now: Int64, in use: inout Use) -> [Sign] {
        var signs: [Sign] = []
        use.last = now
        // Most uses are from the address of the one before, which stands at the end.
        if use.addresses.last != address {
            if let index = use.addresses.firstIndex(of: address) {
                use.addresses.remove(at: index)
            } else {
                signs.append(.newAddress)
                if use.addresses.count >= addressesMax { use.addresses.removeFirst() }
            }
            use.addresses.append(address)
        }
        if now - use.start >= window || now < use.start {
            use.start = now
            use.count = 0
        }
        use.count += 1
        if use.count == burst { signs.append(.burst(use.count)) }
        return signs
    }

    /// The older half: rarely, and then enough that it does not happen with every new key.
    private mutating func forget() {
        let times = uses.values.map(\.last).sorted()
        let middle = times[times.count / 2]
        uses = uses.filter { $0.value.last > middle }
    }
}
