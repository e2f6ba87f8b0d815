import Access
import Records

/// Ids that are spent, in memory for those who ask with every request, and in the database for after a restart.
struct SpentIDs: Sendable {
    let records: SpentIDRecords
    let memory: RevokedTokens

    static func load(_ records: SpentIDRecords, now: Int64) async throws -> SpentIDs {
        SpentIDs(records: records, memory: RevokedTokens(try await records.load(now: now)))
    }

    /// - Returns: false when it was spent already.
    /// - Throws: when that cannot be known.
    func spend(_ id: String, until expiresAt: Int64, now: Int64) async throws -> Bool {
        guard !memory.contains(id, now: now) else { return false }
        let isFirst = try await records.insert(id, until: expiresAt)
        memory.insert(id, until: expiresAt, now: now)
        return isFirst
    }
}
