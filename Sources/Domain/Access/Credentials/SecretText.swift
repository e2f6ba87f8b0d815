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

    /// A bit for each byte from 64 to 127 that is one of the letters, and one for each below that is a digit: every request
    /// brings a key, and each of its characters is looked at.
    private static var letters: UInt64 {
        let (a, i, l, o, u): (UInt64, UInt64, UInt64, UInt64, UInt64) = (33, 41, 44, 47, 53)
        return ((1 << 26) - 1) << a & ~(1 << i | 1 << l | 1 << o | 1 << u)
    }
    private static var digits: UInt64 { ((1 << 10) - 1) << 48 }

    private static func isCrockford(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? digits : letters) >> UInt64(byte & 63) & 1 == 1
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
