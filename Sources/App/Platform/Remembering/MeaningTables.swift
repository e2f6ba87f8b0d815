import Conversations
import Records
import Synchronization

/// Copies of owners' vectors in memory, so that a search compares and does not read. Those of the longest unused owners go first.
final class MeaningTables: Sendable {
    private struct Copy {
        var table: MeaningTable
        var model: Int64
        var changes: MeaningRecords.Changes
        var used: UInt64
    }

    private struct State {
        var copies: [ConversationOwner: Copy] = [:]
        var turn: UInt64 = 0
    }

    private let records: MeaningRecords
    private let bytesMax: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - records: where vectors are.
    ///   - bytesMax: of all copies; a larger one is used once and not kept.
    init(_ records: MeaningRecords, bytesMax: Int) {
        self.records = records
        self.bytesMax = bytesMax
    }

    var byteCount: Int { state.withLock { $0.copies.values.reduce(0) { $0 + $1.table.byteCount } } }

    /// An owner's vectors as they are now.
    func table(of owner: ConversationOwner, model: Int64) async throws -> MeaningTable {
        let changes = try await records.changes(of: owner)
        let known = state.withLock { state -> Copy? in
            state.turn += 1
            state.copies[owner]?.used = state.turn
            return state.copies[owner]
        }
        if let known, known.model == model, known.changes == changes { return known.table }
        // What was only added to is read from where it ends.
        var table = MeaningTable()
        if let known, known.model == model, known.changes.removals == changes.removals { table = known.table }
        try await records.read(into: &table, of: owner, model: model)
        keep(table, of: owner, model: model, changes)
        return table
    }

    private func keep(
        _ table: MeaningTable, of owner: ConversationOwner, model: Int64, _ changes: MeaningRecords.Changes
    ) {
        state.withLock { state in
            state.copies[owner] = nil
            guard table.byteCount <= bytesMax else { return }
            var total = state.copies.values.reduce(table.byteCount) { $0 + $1.table.byteCount }
            while total > bytesMax, let oldest = state.copies.min(by: { $0.value.used < $1.value.used }) {
                total -= oldest.value.table.byteCount
                state.copies[oldest.key] = nil
            }
            state.turn += 1
            state.copies[owner] = Copy(table: table, model: model, changes: changes, used: state.turn)
        }
    }
}
