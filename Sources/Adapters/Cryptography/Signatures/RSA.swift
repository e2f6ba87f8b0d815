import CCrypto

/// RSA signatures of others, checked by OpenSSL: PKCS #1 v1.5 with SHA-256, which JSON Web Algorithms call RS256.
public enum RSA {
    /// Bits of a modulus. Smaller keys can be broken (NIST SP 800-131A), larger ones only cost time.
    public static let modulusBits = 2_048...8_192
    /// Bytes of a public exponent: 65537 needs three.
    public static let exponentBytesMax = 8

    /// Whether the two numbers make a key that is worth checking with.
    ///
    /// - Parameters:
    ///   - modulus: most significant byte first, without zeros before it.
    ///   - exponent: likewise; odd, and at least 3.
    /// - Returns: false for numbers that are too small, too large or even.
    public static func isAcceptable(modulus: [UInt8], exponent: [UInt8]) -> Bool {
        guard let first = modulus.first, first != 0, let last = modulus.last, last & 1 == 1 else { return false }
        guard modulusBits.contains(modulus.count * 8 - first.leadingZeroBitCount) else { return false }
        guard let head = exponent.first, head != 0, let tail = exponent.last, tail & 1 == 1 else { return false }
        return exponent.count <= exponentBytesMax && exponent != [1]
    }

    /// Whether a signature is the key's. False, too, for keys that are not acceptable.
    ///
    /// - Parameters:
    ///   - signature: as many bytes as the modulus.
    ///   - message: what was signed.
    ///   - modulus: most significant byte first.
    ///   - exponent: most significant byte first.
    /// - Returns: whether it is right. Source: RFC 8017, section 8.2.2.
    public static func isValid(
        _ signature: [UInt8], of message: [UInt8], modulus: [UInt8], exponent: [UInt8]
    ) -> Bool {
        guard isAcceptable(modulus: modulus, exponent: exponent), signature.count == modulus.count else { return false }
        let made = unsafe nexus_rsa_public_key(modulus, Int32(modulus.count), exponent, Int32(exponent.count))
        guard let key = unsafe made else { return false }
        defer { unsafe EVP_PKEY_free(key) }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        // The padding is PKCS #1 v1.5 unless another one is asked for.
        guard unsafe EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
