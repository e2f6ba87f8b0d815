import CSodium

/// BLAKE2b with a key (RFC 7693), 32 bytes long: what is kept of secrets that are long and random, such as API keys and
/// session tokens. Takes less than a microsecond; passwords, which can be guessed, need ``PasswordHash``.
public enum KeyedHash {
    public static let byteCount = 32
    /// Bytes of a key.
    public static let keyByteCount = 32

    /// - Parameters:
    ///   - bytes: of any number.
    ///   - key: ``keyByteCount`` random bytes.
    /// - Returns: ``byteCount`` bytes.
    public static func hash(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        precondition(key.count == keyByteCount, "a key of a hash has 32 bytes")
        Sodium.prepare()
        var hash = [UInt8](repeating: 0, count: byteCount)
        let status = unsafe crypto_generichash(&hash, hash.count, bytes, UInt64(bytes.count), key, key.count)
        precondition(status == 0, "lengths are in libsodium's range")
        return hash
    }
}

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1), for formats that ask for it.
public enum MessageCode {
    public static let byteCount = 32

    /// - Parameters:
    ///   - bytes: of any number.
    ///   - key: of any length.
    /// - Returns: ``byteCount`` bytes.
    public static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        Sodium.prepare()
        var code = [UInt8](repeating: 0, count: byteCount)
        var state = crypto_auth_hmacsha256_state()
        unsafe crypto_auth_hmacsha256_init(&state, key, key.count)
        unsafe crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
        unsafe crypto_auth_hmacsha256_final(&state, &code)
        return code
    }
}
