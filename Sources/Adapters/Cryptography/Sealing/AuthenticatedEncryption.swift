import CSodium

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), by libsodium: nobody without the key reads the text, and nobody changes it,
/// or what it belongs to, unseen.
///
/// Nonces are random: with 192 bits of them, no two are ever the same.
public enum AuthenticatedEncryption {
    public static let keyByteCount = 32
    static let nonceByteCount = 24
    static let tagByteCount = 16

    /// Seals bytes.
    ///
    /// - Parameters:
    ///   - bytes: of any number.
    ///   - associated: what the bytes belong to; needed again to open them, and not part of the result.
    ///   - key: ``keyByteCount`` random bytes.
    /// - Returns: the nonce and the sealed bytes: 40 bytes more than `bytes`.
    public static func seal(_ bytes: [UInt8], associated: [UInt8], key: [UInt8]) -> [UInt8] {
        precondition(key.count == keyByteCount, "a key has 32 bytes")
        let nonce = SecureRandom.bytes(nonceByteCount)
        var sealed = [UInt8](repeating: 0, count: bytes.count + tagByteCount)
        var count: UInt64 = 0
        let status = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
            &sealed, &count, bytes, UInt64(bytes.count), associated, UInt64(associated.count), nil, nonce, key)
        precondition(status == 0 && count == UInt64(sealed.count), "sealing in memory cannot fail")
        return nonce + sealed
    }

    /// Opens what ``seal(_:associated:key:)`` returned.
    ///
    /// - Parameters:
    ///   - sealed: with its nonce.
    ///   - associated: the same as when it was sealed.
    ///   - key: the same key.
    /// - Returns: the bytes; `nil` when one bit of anything differs.
    public static func open(_ sealed: [UInt8], associated: [UInt8], key: [UInt8]) -> [UInt8]? {
        guard key.count == keyByteCount, sealed.count >= nonceByteCount + tagByteCount else { return nil }
        Sodium.prepare()
        let (nonce, body) = (Array(sealed[..<nonceByteCount]), Array(sealed[nonceByteCount...]))
        var bytes = [UInt8](repeating: 0, count: body.count - tagByteCount)
        var count: UInt64 = 0
        let status = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
            &bytes, &count, nil, body, UInt64(body.count), associated, UInt64(associated.count), nonce, key)
        guard status == 0, count == UInt64(bytes.count) else { return nil }
        return bytes
    }
}
