/// A repository of a hub: `owner/name`, at a branch, tag or commit.
public struct HubRepository: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let revision: String

    /// For names that are known to be good; what people and clients write is read by ``HubReference``.
    public init(_ name: String, revision: String = Self.mainRevision) {
        self.name = name
        self.revision = revision
    }

    public static let mainRevision = "main"

    public var description: String { revision == Self.mainRevision ? name : "\(name)@\(revision)" }

    /// The folder of its files, relative to the folder of all models.
    ///
    /// Revisions may hold slashes (`refs/pr/1`); they become part of one name.
    public var folder: String {
        guard revision != Self.mainRevision else { return name }
        return "\(name)@" + String(revision.map { $0 == "/" ? "+" : $0 })
    }
}

/// What a person asks for: a repository, and which of its files.
///
/// Written `[hf.co/]owner/name[@revision][:selector]`, as Ollama and llama.cpp write it. The selector is a quantisation
/// (`Q4_K_M`), the name of a file, or `safetensors`.
public struct HubReference: Sendable, Hashable, CustomStringConvertible {
    public let repository: HubRepository
    public let selector: String?

    public init(repository: HubRepository, selector: String? = nil) {
        self.repository = repository
        self.selector = selector
    }

    public var description: String { repository.description + (selector.map { ":\($0)" } ?? "") }

    /// Longest text that is read, in bytes.
    public static let bytesMax = 1024

    /// Reads a reference.
    ///
    /// - Parameter text: what a person wrote.
    /// - Returns: the repository and the selector, both checked.
    /// - Throws: `invalidReference` with what is allowed.
    public static func parse(_ text: String) throws(HubError) -> HubReference {
        guard text.utf8.count <= bytesMax else { throw refusal("is longer than \(bytesMax) bytes") }
        var rest = text[...]
        for host in [
            "https://huggingface.co/", "http://huggingface.co/", "https://hf.co/", "huggingface.co/", "hf.co/",
        ]
        where rest.hasPrefix(host) {
            rest = rest.dropFirst(host.count)
            // As browsers copy it.
            if rest.hasSuffix("/") { rest = rest.dropLast() }
            break
        }
        var selector: String?
        if let colon = rest.firstIndex(of: ":") {
            selector = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        var revision = HubRepository.mainRevision
        if let at = rest.firstIndex(of: "@") {
            revision = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 1, parts.allSatisfy({ isNamePart($0) }) else {
            throw refusal("does not name a repository")
        }
        guard isRevision(revision) else { throw refusal("has a revision that no repository can have") }
        if let selector {
            do {
                try HubPath.check(selector)
            } catch {
                throw refusal("asks for files by a name that no file may have (\(error.message))")
            }
        }
        return HubReference(
            repository: HubRepository(String(rest), revision: revision), selector: selector)
    }

    private static func refusal(_ why: String) -> HubError {
        HubError(
            .invalidReference, "The text \(why).",
            hint: "Write owner/name, owner/name:Q4_K_M, owner/name:file.gguf or owner/name@revision:Q4_K_M.")
    }

    /// Letters, digits, `-`, `_` and `.`, at most 96, neither first nor last of them `-` or `.`, and no `--` or `..`.
    /// Source: huggingface_hub, `validate_repo_id`.
    static func isNamePart(_ part: Substring) -> Bool {
        guard (1...96).contains(part.utf8.count), !part.contains("--"), !part.contains("..") else { return false }
        let ends: [Character?] = [part.first, part.last]
        return ends.allSatisfy { $0 != "-" && $0 != "." }
            && part.utf8.allSatisfy { isNameByte($0) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// A name that git takes for a branch, tag or commit, as far as files and URLs are concerned.
    static func isRevision(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count) && !text.hasPrefix("-")
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part != "." && !part.contains("..") && part.utf8.allSatisfy { isNameByte($0) }
            }
    }
}
