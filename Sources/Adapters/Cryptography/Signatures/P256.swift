import CCrypto

/// Signatures of others with keys of the curve P-256 and SHA-256, checked by OpenSSL: ES256 of JSON Web Algorithms.
public enum P256 {
    /// Bytes of each coordinate of a key, and of each half of a signature.
    public static let coordinateByteCount = 32

    /// Whether a signature is the key's. False, too, for points that are not on the curve.
    ///
    /// - Parameters:
    ///   - signature: the numbers R and S, 32 bytes each, most significant byte first (RFC 7518, section 3.4).
    ///   - message: what was signed.
    ///   - x: of the key's point, 32 bytes.
    ///   - y: likewise.
    /// - Returns: whether it is right. Source: FIPS 186-5, section 6.4.2.
    public static func isValid(_ signature: [UInt8], of message: [UInt8], x: [UInt8], y: [UInt8]) -> Bool {
        let count = coordinateByteCount
        guard signature.count == 2 * count, x.count == count, y.count == count else { return false }
        let point = [0x04] + x + y
        guard let key = unsafe nexus_p256_public_key(point, point.count) else { return false }
        defer { unsafe EVP_PKEY_free(key) }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        let numbers = number(signature.prefix(count)) + number(signature.suffix(count))
        // Two numbers of at most 35 bytes: the length fits into one byte.
        let sequence = [0x30, UInt8(numbers.count)] + numbers
        return unsafe EVP_DigestVerify(context, sequence, sequence.count, message, message.count) == 1
    }

    /// A whole number as OpenSSL reads signatures: DER (X.690, section 8.3), without zeros before it but one where it would
    /// look negative.
    private static func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }
}
