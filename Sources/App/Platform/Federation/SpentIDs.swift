import Access
import Records
import Synchronization

/// Ids that are spent, in memory for those who ask with every request, and in the database for after a restart and for other
/// processes.
final class SpentIDs: Sendable {
    private let records: SpentIDRecords
    let memory: RevokedTokens
    /// Of the newest that was read.
    private let number: Mutex<Int64>

    private init(_ records: SpentIDRecords, _ kept: SpentIDRecords.Kept) {
        self.records = records
        memory = RevokedTokens(kept.expiries)
        number = Mutex(kept.number)
    }

    static func load(_ records: SpentIDRecords, now: Int64) async throws -> SpentIDs {
        SpentIDs(records, try await records.load(now: now))
    }

    /// - Returns: false when it was spent already.
    /// - Throws: when that cannot be known.
    func spend(_ id: String, until expiresAt: Int64, now: Int64) async throws -> Bool {
        guard !memory.contains(id, now: now) else { return false }
        let isFirst = try await records.insert(id, until: expiresAt)
        memory.insert(id, until: expiresAt, now: now)
        return isFirst
    }

    /// Learns what other processes have spent.
    ///
    /// - Returns: whether there was something new.
    func catchUp(now: Int64) async throws -> Bool {
        let known = number.withLock(\.self)
        let kept = try await records.load(after: known)
        for (id, expiresAt) in kept.expiries { memory.insert(id, until: expiresAt, now: now) }
        number.withLock { $0 = max($0, kept.number) }
        return !kept.expiries.isEmpty
    }
}
