/// Brings one file: asks where it is, fetches missing blocks over several connections, keeps the ledger, makes the
/// checksum while bytes arrive, and gives the file its name when it is right.
struct FileTransfer: Sendable {
    let client: HubClient
    let repository: HubRepository
    let identity: ContentIdentity
    /// Relative to the folder of all models.
    let path: String
    let folder: any ModelFolder
    let throttle: Throttle
    let options: TransferOptions
    let report: @Sendable (TransferNote) -> Void

    /// Brings the file, or finds it here.
    ///
    /// - Returns: its checksum, and whether that was compared with one from the hub.
    /// - Throws: `HubError`; `ChangedContent`; `CancellationError`. What has arrived is kept, but for a wrong checksum.
    func run() async throws -> FetchedFile {
        if let here = try await existing() { return here }
        let part = try await folder.openPart(of: path, size: identity.size)
        let record = try await Self.record(of: path, identity: identity, folder: folder, options: options)
        var ledger = record.ledger(in: folder.era)
        var synced: BlockLedger? = record.synced
        if ledger.finishedBytes > 0 { report(.resumed(ledger.finishedBytes)) }
        var isSecondTime = false
        while true {
            let state = TransferState(ledger: ledger, synced: synced, place: try await firstPlace())
            let found = try await fetchAll(state, part)
            guard let expected = identity.checksum, expected != found else {
                // With its checksum: if the power goes before the file is settled, that tells whether it is whole.
                try await write(state, as: identity.checked(found), part)
                try await part.finish()
                return FetchedFile(
                    path: path, size: identity.size, checksum: found, isVerified: identity.checksum != nil)
            }
            ledger.reset()
            synced = nil
            if isSecondTime {
                try await part.discard()
                throw HubError(
                    .checksum,
                    "'\(identity.path)' has the \(expected.algorithm) \(found.hexadecimal) instead of "
                        + "\(expected.hexadecimal), twice.",
                    hint: "The bytes were thrown away. The hub's storage or something on the way to it is broken.")
            }
            try await write(TransferState(ledger: ledger, synced: nil, place: nil), as: identity, part)
            report(.checksumWrong(expected: expected, found: found))
            isSecondTime = true
        }
    }

    /// The ledger that a killed process left, if it belongs to this content; else one where everything is missing.
    static func record(
        of path: String, identity: ContentIdentity, folder: any ModelFolder, options: TransferOptions
    ) async throws -> LedgerFile {
        if let bytes = try await folder.ledger(of: path), let file = LedgerFile(bytes),
            file.identity.hasContent(of: identity)
        {
            return file
        }
        let blockBytes = max(options.blockBytes, identity.size / BlockLedger.blocksMax + 1)
        return LedgerFile(
            identity: identity, ledger: BlockLedger(size: identity.size, blockBytes: blockBytes), synced: nil,
            era: folder.era)
    }

    /// The finished file, if it is already here and right.
    private func existing() async throws -> FetchedFile? {
        guard let size = try await folder.size(of: path), size == identity.size else { return nil }
        guard let checksum = identity.checksum else { return nil }
        let digest = RunningDigest(for: checksum, size: size)
        report(.checking)
        try await folder.digest(path, into: digest)
        guard digest.finish() == checksum else { return nil }
        return FetchedFile(path: path, size: size, checksum: checksum, isVerified: true)
    }

    private func firstPlace() async throws -> FilePlace {
        try await client.persistently { () async throws -> FilePlace in try await place() }
    }

    /// Where the file is now; checked against what was listed.
    func place() async throws -> FilePlace {
        let place: FilePlace
        do {
            place = try await client.place(of: identity.path, in: repository, commit: identity.commit)
        } catch let error as HubError where error.code == .notFound {
            // It was listed a moment ago: its history was written anew. If more is gone, the next listing says so.
            throw ChangedContent(what: "'\(identity.path)' is not found at commit \(identity.commit) any more.")
        }
        if let commit = place.commit, commit != identity.commit {
            throw ChangedContent(what: "'\(identity.path)' comes from commit \(commit) instead of \(identity.commit).")
        }
        if let size = place.size, size != identity.size {
            throw ChangedContent(
                what: "'\(identity.path)' is listed with \(identity.size) bytes and stored with \(size).")
        }
        if let tag = place.checksum, let checksum = identity.checksum, tag.algorithm == checksum.algorithm,
            tag != checksum
        {
            throw ChangedContent(
                what: "'\(identity.path)' is listed with the checksum \(checksum.hexadecimal) and stored with "
                    + "\(tag.hexadecimal).")
        }
        return place
    }

    // MARK: all at once

    /// Fetches what is missing.
    ///
    /// - Returns: the checksum of the whole file.
    private func fetchAll(_ state: TransferState, _ part: any PartFile) async throws -> HubChecksum {
        do {
            let found = try await withThrowingTaskGroup(of: HubChecksum?.self) { group in
                for _ in 0..<max(1, options.connections) {
                    group.addTask {
                        try await work(state, part)
                        return nil
                    }
                }
                let digest = RunningDigest(for: identity.checksum, size: identity.size)
                group.addTask { try await follow(state, part, digest) }
                group.addTask {
                    try await keepLedger(state, part)
                    return nil
                }
                var found: HubChecksum?
                // The digest is complete when all blocks are here; whoever keeps the ledger is then called off.
                while found == nil, let result = try await group.next() { found = result }
                group.cancelAll()
                return found
            }
            guard let found else { preconditionFailure("the digest ends with a checksum or an error") }
            return found
        } catch {
            // So that the next start goes on from here. Where that fails, too, the first error is the one to tell.
            do {
                try await write(state, as: identity, part)
            } catch let second {
                report(.ledgerFailed("The progress could not be kept: \(second)"))
            }
            throw error
        }
    }

    /// Feeds the digest with what is here from the file's beginning, close behind the connections: the bytes are still
    /// in memory then.
    private func follow(_ state: TransferState, _ part: any PartFile, _ digest: RunningDigest) async throws
        -> HubChecksum
    {
        var reached = 0
        while reached < identity.size {
            let frontier = state.frontier(from: reached)
            guard frontier > reached else {
                try await state.waitForBlock(beyond: reached)
                continue
            }
            // In pieces, so that the end is told soon when the connections are done.
            let end = min(frontier, reached + (4 << 20))
            try await part.digest(reached..<end, into: digest)
            reached = end
            if state.isComplete { report(.checked(reached)) }
        }
        return digest.finish()
    }

    private func keepLedger(_ state: TransferState, _ part: any PartFile) async throws {
        var kept = state.finishedBytes
        var syncedAt = client.time.now()
        while !state.isComplete {
            do {
                try await client.time.sleep(options.ledgerInterval)
            } catch is CancellationError {
                return
            }
            guard state.finishedBytes != kept else { continue }
            kept = state.finishedBytes
            if client.time.now() - syncedAt >= options.syncInterval {
                // Data first, then the ledger that says that the data is there.
                let ledger = state.ledger
                try await part.sync()
                state.synced = ledger
                syncedAt = client.time.now()
            }
            try await write(state, as: identity, part)
        }
    }

    private func write(_ state: TransferState, as identity: ContentIdentity, _ part: any PartFile) async throws {
        try await part.writeLedger(
            LedgerFile(identity: identity, ledger: state.ledger, synced: state.synced, era: folder.era).bytes)
    }
}

/// The hub's listing and what is fetched do not agree: the repository has changed.
struct ChangedContent: Error, Sendable, Equatable {
    /// A full sentence.
    let what: String
}

/// What happens to one file.
enum TransferNote: Sendable, Equatable {
    /// A file of this name is here; its checksum is being made.
    case checking
    /// So many bytes were here from an earlier time.
    case resumed(Int)
    /// So many bytes are here now.
    case bytes(Int)
    /// All bytes are here; so many of them were checked.
    case checked(Int)
    /// Something failed, and is tried again after a time.
    case setback(String, after: Duration)
    /// What has arrived since the last time will be fetched again.
    case ledgerFailed(String)
    case checksumWrong(expected: HubChecksum, found: HubChecksum)
}

/// A file that is here, complete.
public struct FetchedFile: Sendable, Equatable {
    /// Relative to the folder of all models.
    public let path: String
    public let size: Int
    public let checksum: HubChecksum
    /// The checksum was compared with one that the hub told; `false` where the hub tells none.
    public let isVerified: Bool
}
