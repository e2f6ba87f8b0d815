/// Where a browser goes after it has signed in: always a path of this server.
public enum ReturnPath {
    public static let bytesMax = 512
    public static let start = "/"

    /// The path that was asked for, or `/` where it leads elsewhere or might be read so: another host, a scheme, a
    /// backslash that browsers take for a slash, a control character that they leave out.
    public static func local(_ asked: String?) -> String {
        guard let asked, (1...bytesMax).contains(asked.utf8.count) else { return start }
        let bytes = Array(asked.utf8)
        guard bytes[0] == UInt8(ascii: "/") else { return start }
        if bytes.count > 1, bytes[1] == UInt8(ascii: "/") { return start }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else { return start }
        return asked
    }
}
