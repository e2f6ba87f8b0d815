/// The host of a `Host` header or of a URL's authority: lower-case, without port and brackets.
public struct HostName: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    /// `nil` when none was named.
    public let port: Int?

    /// Reads `host`, `host:port` or `[v6]:port`.
    ///
    /// `nil` for everything that two programs might read in two ways: user names, backslashes, control characters, letters
    /// outside ASCII, empty or overlong names.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...262).contains(bytes.count) else { return nil }
        let host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard IPAddress(String(host)) != nil else { return nil }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
            host = text[..<end]
            rest = text[end...]
            guard host.utf8.allSatisfy(Self.isNameByte), !host.isEmpty else { return nil }
        }
        if rest.isEmpty {
            port = nil
        } else {
            let digits = rest.utf8.dropFirst()
            guard rest.utf8.first == UInt8(ascii: ":"), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(Substring(digits)), (0...65_535).contains(number)
            else { return nil }
            port = number
        }
        // The dot of the root says the same name.
        description = (host.utf8.last == UInt8(ascii: ".") ? host.dropLast() : host).lowercased()
    }

    /// Whether it can only be this machine: names that resolvers keep to it (RFC 6761), and its addresses.
    public var isLoopback: Bool {
        description == "localhost" || description.hasSuffix(".localhost") || IPAddress(description)?.isLoopback == true
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
