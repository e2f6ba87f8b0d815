import JSONText

/// The ledger as it lies beside an unfinished file, so that a later process goes on where this one was killed.
struct LedgerFile: Sendable, Equatable {
    /// What the blocks belong to: another commit's content has nothing to do with them.
    let identity: ContentIdentity
    let ledger: BlockLedger

    static let version: Int64 = 1
    /// Bytes of the text.
    static let bytesMax = 1 << 20

    var bytes: [UInt8] {
        JSONValue.object([
            "version": .integer(Self.version), "repository": .string(identity.repository),
            "commit": .string(identity.commit),
            "path": .string(identity.path), "size": .whole(identity.size),
            "checksum": identity.checksum.map { .string($0.hexadecimal) } ?? .null,
            "block_bytes": .whole(ledger.blockBytes), "finished": .string(ledger.finishedDigits),
        ]).bytes
    }

    init(identity: ContentIdentity, ledger: BlockLedger) {
        self.identity = identity
        self.ledger = ledger
    }

    /// Reads a text; `nil` for anything but what this version writes: then the file is fetched from its beginning.
    init?(_ bytes: [UInt8]) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            return nil
        }
        guard value["version"]?.integer == Self.version, let repository = value["repository"]?.string,
            let commit = value["commit"]?.string, let path = value["path"]?.string,
            let size = value["size"]?.integer, let blockBytes = value["block_bytes"]?.integer,
            let finished = value["finished"]?.string,
            let ledger = BlockLedger(
                size: Int(clamping: size), blockBytes: Int(clamping: blockBytes), finishedDigits: finished)
        else { return nil }
        identity = ContentIdentity(
            repository: repository, commit: commit, path: path, size: Int(clamping: size),
            checksum: value["checksum"]?.string.flatMap { HubChecksum(tag: $0) })
        self.ledger = ledger
    }
}

/// Which content a file has. Two downloads of equal identity bring equal bytes.
public struct ContentIdentity: Sendable, Hashable {
    public let repository: String
    public let commit: String
    public let path: String
    public let size: Int
    public let checksum: HubChecksum?

    public init(repository: String, commit: String, path: String, size: Int, checksum: HubChecksum?) {
        self.repository = repository
        self.commit = commit
        self.path = path
        self.size = size
        self.checksum = checksum
    }

    /// Whether blocks of one may be kept for the other: the checksum decides, and the commit where there is none.
    func hasContent(of other: ContentIdentity) -> Bool {
        guard size == other.size, path == other.path, repository == other.repository else { return false }
        return checksum != nil || other.checksum != nil ? checksum == other.checksum : commit == other.commit
    }
}
