import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Random bits of the system, taken many at a time: every request needs several ids, and each number that
/// `SystemRandomNumberGenerator` gives is a call of the kernel. For ids; secrets are made by the adapter of cryptography.
public struct SystemRandomness: RandomNumberGenerator, Sendable {
    private struct Store {
        var numbers = [UInt64](repeating: 0, count: batchCount)
        /// Those before it were given away.
        var next = batchCount
    }

    /// As many as the kernel gives in one piece: 256 bytes.
    private static let batchCount = 32
    private static let store = Mutex(Store())

    public init() {}

    public mutating func next() -> UInt64 {
        Self.store.withLock { store in
            if store.next == Self.batchCount {
                Self.fill(&store.numbers)
                store.next = 0
            }
            store.next += 1
            return store.numbers[store.next - 1]
        }
    }

    private static func fill(_ numbers: inout [UInt64]) {
        let isFilled = numbers.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
        }
        if isFilled { return }
        var random = SystemRandomNumberGenerator()
        for place in numbers.indices { numbers[place] = random.next() }
    }
}
