import JSONText

/// The ledger as it lies beside an unfinished file, so that a later process goes on where this one was killed.
struct LedgerFile: Sendable, Equatable {
    /// What the blocks belong to: another commit's content has nothing to do with them.
    let identity: ContentIdentity
    /// What was written.
    let ledger: BlockLedger
    /// What of it was synced.
    let synced: BlockLedger
    /// When it was written: see ``ModelFolder/era``.
    let era: String

    static let version: Int64 = 2
    /// Bytes of the text.
    static let bytesMax = 1 << 20

    var bytes: [UInt8] {
        JSONValue.object([
            "version": .integer(Self.version), "repository": .string(identity.repository),
            "commit": .string(identity.commit),
            "path": .string(identity.path), "size": .whole(identity.size),
            "checksum": identity.checksum.map { .string($0.hexadecimal) } ?? .null,
            "block_bytes": .whole(ledger.blockBytes), "finished": .string(ledger.finishedDigits),
            "synced": .string(synced.finishedDigits), "era": .string(era),
        ]).bytes
    }

    /// - Parameters:
    ///   - identity: what the file is.
    ///   - ledger: what of it is here.
    ///   - synced: what of it would survive a power cut; `nil` is nothing.
    ///   - era: now.
    init(identity: ContentIdentity, ledger: BlockLedger, synced: BlockLedger?, era: String) {
        self.identity = identity
        self.ledger = ledger
        self.synced = synced ?? BlockLedger(size: ledger.size, blockBytes: ledger.blockBytes)
        self.era = era
    }

    /// What can be relied on in an era: all of its own, of an earlier one what was synced.
    func ledger(in era: String) -> BlockLedger { era == self.era ? ledger : synced }

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
            let finished = value["finished"]?.string, let synced = value["synced"]?.string,
            let era = value["era"]?.string,
            let ledger = BlockLedger(
                size: Int(clamping: size), blockBytes: Int(clamping: blockBytes), finishedDigits: finished),
            let syncedLedger = BlockLedger(
                size: Int(clamping: size), blockBytes: Int(clamping: blockBytes), finishedDigits: synced)
        else { return nil }
        identity = ContentIdentity(
            repository: repository, commit: commit, path: path, size: Int(clamping: size),
            checksum: value["checksum"]?.string.flatMap { HubChecksum(tag: $0) })
        self.ledger = ledger
        self.synced = syncedLedger
        self.era = era
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

    /// The same content with the checksum that was found.
    func checked(_ found: HubChecksum) -> ContentIdentity {
        ContentIdentity(repository: repository, commit: commit, path: path, size: size, checksum: found)
    }

    /// Whether blocks of one may be kept for the other: the checksum decides, and the commit where there is none.
    func hasContent(of other: ContentIdentity) -> Bool {
        guard size == other.size, path == other.path, repository == other.repository else { return false }
        return checksum != nil || other.checksum != nil ? checksum == other.checksum : commit == other.commit
    }
}
