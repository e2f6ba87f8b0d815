/// Where a hub is, and the URLs of its protocol.
///
/// Source: the Hub API of Hugging Face (`/api/models/…`, `/{repo}/resolve/{revision}/{file}`).
public struct HubAddress: Sendable, Equatable {
    /// Scheme, host, port and a path before the protocol's own, without a slash at its end.
    public let base: String

    public static let publicHub = HubAddress("https://huggingface.co")

    public init(_ base: String) {
        var base = base[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        self.base = String(base)
    }

    /// What the hub knows of a repository at a revision: the commit, and the files.
    func information(_ repository: HubRepository, blobs: Bool) -> String {
        "\(base)/api/models/\(repository.name)/revision/\(Self.encoded(repository.revision, keepingSlashes: false))"
            + (blobs ? "?blobs=true" : "")
    }

    /// A page of the files at a commit; `cursor` is from the page before.
    func tree(_ name: String, commit: String, cursor: String?) -> String {
        "\(base)/api/models/\(name)/tree/\(Self.encoded(commit, keepingSlashes: false))?recursive=true"
            + (cursor.map { "&cursor=\($0)" } ?? "")
    }

    /// Where a file is, or where the hub says where it is.
    func file(_ name: String, commit: String, path: String) -> String {
        "\(base)/\(name)/resolve/\(Self.encoded(commit, keepingSlashes: false))/"
            + Self.encoded(path, keepingSlashes: true)
    }

    /// Where a person reads about a repository.
    func page(_ name: String) -> String { "\(base)/\(name)" }

    /// Whether a URL has this hub's scheme, host and port, so that it may see the token.
    public func isOrigin(of url: String) -> Bool { Self.origin(url) == Self.origin(base) }

    /// Whether following `url` would leave TLS.
    public func isDowngrade(to url: String) -> Bool {
        base.lowercased().hasPrefix("https://") && !url.lowercased().hasPrefix("https://")
    }

    /// Scheme, host and port in lower case, with the port that the scheme means; without user and password. A URL that
    /// is written in an unusual way is nobody's origin, so that it never gets the token.
    static func origin(_ url: String) -> String? {
        let lower = url.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else { return nil }
        let authority = lower.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else { return nil }
        let hasPort = authority.last != "]" && authority.lastIndex(of: ":").map { authority[$0...].count > 1 } ?? false
        return scheme + authority + (hasPort ? "" : scheme == "http://" ? ":80" : ":443")
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
    static func encoded(_ text: String, keepingSlashes: Bool) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepingSlashes: encoded.append("/")
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
