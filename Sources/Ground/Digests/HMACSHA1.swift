/// HMAC-SHA-1 (RFC 2104): the codes of authenticator apps are made of it (RFC 4226). SHA-1's weakness, colliding texts, does not
/// concern it; for anything that is not bound to it, take HMAC-SHA-256.
public enum HMACSHA1 {
    public static let byteCount = 20
    private static let blockByteCount = 64

    /// - Parameters:
    ///   - message: of any length.
    ///   - key: of any length.
    /// - Returns: ``byteCount`` bytes.
    public static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > blockByteCount ? digest(key) : key
        block += [UInt8](repeating: 0, count: blockByteCount - block.count)
        return digest(block.map { $0 ^ 0x5c } + digest(block.map { $0 ^ 0x36 } + message))
    }

    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA1()
        hash.update(bytes)
        return hash.finishBytes()
    }
}
