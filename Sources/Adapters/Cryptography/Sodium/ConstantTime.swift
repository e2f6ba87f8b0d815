import CSodium

/// Comparison whose time tells nothing about where two secrets differ.
public enum ConstantTime {
    /// - Parameters:
    ///   - left: bytes; their number is no secret.
    ///   - right: bytes; their number is no secret.
    /// - Returns: whether they are the same.
    public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        guard !left.isEmpty else { return true }
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                guard let one = left.baseAddress, let other = right.baseAddress else { return false }
                return unsafe sodium_memcmp(one, other, left.count) == 0
            }
        }
    }
}
