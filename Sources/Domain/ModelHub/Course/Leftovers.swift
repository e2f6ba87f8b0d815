/// Files that were complete when a process ended, and not yet safe from a power cut.
public struct Leftovers: Sendable {
    private let folder: any ModelFolder

    public init(of folder: any ModelFolder) { self.folder = folder }

    /// Looks at each: what is whole is settled, what is not becomes an unfinished file, whose download goes on from
    /// what survived.
    ///
    /// - Parameter damaged: called with the path of each file that is not whole.
    /// - Throws: `HubError`; `CancellationError`.
    public func settle(damaged: @Sendable (String) -> Void) async throws {
        for path in try await folder.unsettled() {
            if try await isWhole(path) {
                try await folder.settle(path)
            } else {
                try await folder.withdraw(path)
                damaged(path)
            }
        }
    }

    /// Whether a file has the checksum that its ledger tells. A ledger that cannot be read tells nothing.
    private func isWhole(_ path: String) async throws -> Bool {
        guard let bytes = try await folder.ledger(of: path), let record = LedgerFile(bytes),
            let checksum = record.identity.checksum, try await folder.size(of: path) == record.identity.size
        else { return false }
        let digest = RunningDigest(for: checksum, size: record.identity.size)
        try await folder.digest(path, into: digest)
        return digest.finish() == checksum
    }
}
