/// Filters of searches with values of people in them (RFC 4515).
public enum SearchFilter {
    /// Bytes of a name that is looked up.
    public static let valueBytesMax = 256

    /// A filter with its places filled in: each value is escaped, so that it can be nothing but a value.
    ///
    /// - Parameters:
    ///   - template: `(&(objectClass=person)(uid={name}))`
    ///   - values: for `{name}`, `{dn}`; a place without a value stays as it is.
    /// - Returns: the filter.
    public static func fill(_ template: String, _ values: [String: String]) -> String {
        var result = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let place = String(rest[rest.index(after: open)..<close])
            result += values[place].map(escape) ?? "{\(place)}"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// A value as it may stand in a filter: everything but letters, digits and a few harmless signs as `\XX`.
    public static func escape(_ value: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "@"), UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "+"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "\\"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
