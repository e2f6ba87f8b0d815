/// Bytes as letters and digits.
public enum SecretText {
    /// Crockford's base 32 in lower case, which has no letters that look like digits.
    private static let crockford = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    /// RFC 4648's, as authenticator apps want it.
    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Five bits in each character, the last one filled up with zeros: 52 characters for 32 bytes.
    public static func base32(_ bytes: [UInt8]) -> String { encode(bytes, crockford) }

    /// The same with RFC 4648's letters, without `=`.
    public static func standardBase32(_ bytes: [UInt8]) -> String { encode(bytes, standard) }

    /// Whether a text has only the characters of ``base32(_:)``.
    public static func isBase32(_ text: some StringProtocol) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isCrockford) } ?? text.utf8.allSatisfy(isCrockford)
    }

    /// The same of a text's bytes.
    static func isBase32(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool { bytes.allSatisfy(isCrockford) }

    private static func isCrockford(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "i"), UInt8(ascii: "l"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 + 4) / 5)
        var (bits, count) = (0, 0)
        for byte in bytes {
            bits = (bits & 0x1F) << 8 | Int(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[bits >> count & 31])
            }
        }
        if count > 0 { text.append(alphabet[bits << (5 - count) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}
