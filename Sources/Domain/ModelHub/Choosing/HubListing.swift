/// What proves that a file's bytes are the right ones.
public enum HubChecksum: Sendable, Hashable {
    /// SHA-256 of the content, 64 lower-case digits: files in large-file storage (LFS, Xet).
    case sha256(String)
    /// Git's name of the content, SHA-1 over `blob <length>\0` and the content: files in git itself. 40 digits.
    case gitBlob(String)

    /// Reads an entity tag or object id: 64 or 40 hexadecimal digits, with or without quotes; `nil` for anything else.
    public init?(tag: String) {
        var digits = tag[...]
        if digits.hasPrefix("W/") { digits = digits.dropFirst(2) }
        if digits.hasPrefix("\""), digits.hasSuffix("\""), digits.count >= 2 { digits = digits.dropFirst().dropLast() }
        let text = digits.lowercased()
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
        switch text.utf8.count {
        case 64: self = .sha256(text)
        case 40: self = .gitBlob(text)
        default: return nil
        }
    }

    public var hexadecimal: String {
        switch self {
        case .sha256(let digits), .gitBlob(let digits): digits
        }
    }

    public var algorithm: String {
        switch self {
        case .sha256: "sha256"
        case .gitBlob: "git-sha1"
        }
    }
}

/// One file of a repository.
public struct HubFile: Sendable, Hashable {
    /// Relative to the repository; checked by ``HubPath``.
    public let path: String
    /// In bytes; `nil` where the hub does not tell before the file is asked for.
    public let size: Int?
    public let checksum: HubChecksum?

    public init(path: String, size: Int?, checksum: HubChecksum? = nil) {
        self.path = path
        self.size = size
        self.checksum = checksum
    }

    /// The last part of the path.
    public var name: Substring { path.split(separator: "/").last ?? path[...] }
    /// The path without its last part.
    var parent: Substring { path.lastIndex(of: "/").map { path[..<$0] } ?? "" }
}

/// All files of a repository at one commit.
public struct HubListing: Sendable, Equatable {
    public let repository: HubRepository
    /// The commit that the revision means now: everything is fetched from it, however the branch moves meanwhile.
    public let commit: String
    public let files: [HubFile]

    public init(repository: HubRepository, commit: String, files: [HubFile]) {
        self.repository = repository
        self.commit = commit
        self.files = files
    }
}
