/// Which of several equal servers answers a request.
///
/// Those who come again go to the same server, because its cache knows the beginning of their prompt (rendezvous hashing:
/// when a server goes, only its own callers move), unless it has clearly more to do than the least busy one.
public struct ReplicaChoice: Sendable, Equatable {
    public struct Candidate: Sendable, Equatable {
        public var id: Int
        /// Requests that it is answering.
        public var inFlight: Int

        public init(id: Int, inFlight: Int) {
            self.id = id
            self.inFlight = inFlight
        }
    }

    /// A server may be ahead of the least busy one by so many requests before its callers are sent elsewhere: half of what
    /// it answers at once, so that nobody waits for a cache while another server has nothing to do.
    ///
    /// - Parameter parallel: answers at the same time of one server.
    /// - Returns: 0 or more.
    public static func slack(parallel: Int) -> Int { max(0, parallel / 2) }

    /// - Parameters:
    ///   - candidates: those that are ready.
    ///   - affinity: what the caller's earlier requests had, too; `nil` for callers that nobody knows.
    ///   - turn: counts requests, so that equal servers take turns.
    ///   - slack: by how many requests a caller's own server may be ahead of the least busy one.
    /// - Returns: the chosen one's id; `nil` when there is none.
    public static func choose(_ candidates: [Candidate], affinity: UInt64?, turn: Int, slack: Int = 2) -> Int? {
        guard let least = candidates.map(\.inFlight).min() else { return nil }
        if let affinity {
            let home = candidates.max { weight($0.id, affinity) < weight($1.id, affinity) }
            if let home, home.inFlight <= least + slack { return home.id }
        }
        let idlest = candidates.filter { $0.inFlight == least }
        return idlest[abs(turn % idlest.count)].id
    }

    /// Mixes two numbers well. Source: the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    private static func weight(_ id: Int, _ affinity: UInt64) -> UInt64 {
        var value = affinity ^ (UInt64(truncatingIfNeeded: id) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A number for what a caller's requests have in common.
    ///
    /// - Parameter parts: such as the tenant and the first messages.
    /// - Returns: FNV-1a, 64 bits, of all parts with a separator.
    public static func affinity(of parts: [String]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        for part in parts {
            if part.utf8.withContiguousStorageIfAvailable(add) == nil { add(part.utf8) }
            add(CollectionOfOne(0xFF))
        }
        return hash
    }

    /// A number for a name, for ``Candidate/id``.
    public static func identity(of name: String) -> Int { Int(truncatingIfNeeded: affinity(of: [name])) }

    /// A share from 0 to 1 that is the same for the same parts: who is in a canary's part of the callers.
    ///
    /// - Parameter parts: such as the caller and the route.
    /// - Returns: 0 up to 1, evenly spread.
    public static func share(of parts: [String]) -> Double {
        Double(weight(0, affinity(of: parts)) >> 11) / Double(1 << 53)
    }
}
