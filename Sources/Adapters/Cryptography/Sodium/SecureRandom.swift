import CSodium

/// Bytes that nobody can foresee, from the system's source (`getrandom(2)`), by libsodium.
public enum SecureRandom {
    /// - Parameter count: how many; not negative.
    /// - Returns: `count` bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        Sodium.prepare()
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe randombytes_buf(base, buffer.count)
        }
        return bytes
    }
}

/// `SecureRandom` for what asks for a generator.
public struct SecureRandomGenerator: RandomNumberGenerator, Sendable {
    public init() {}

    public mutating func next() -> UInt64 {
        SecureRandom.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
