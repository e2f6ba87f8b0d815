import Jobs
import Synchronization

/// A store in memory, with the rules of the real one; it can be told to fail, or to be shared by several runners.
final class MemoryJobStore: JobStore {
    struct Failed: Error {}

    private struct Contents {
        var records: [JobID: JobRecord] = [:]
        var failuresLeft = 0
    }

    private let contents = Mutex(Contents())

    /// The next calls that write fail.
    func fail(_ count: Int) { contents.withLock { $0.failuresLeft = count } }

    var all: [JobRecord] { contents.withLock { $0.records.values.sorted { $0.id < $1.id } } }

    func add(_ record: JobRecord, unfinishedMax: Int) async throws -> JobAdmission {
        contents.withLock { contents in
            let unfinished = contents.records.values.filter { !$0.state.isFinished }
            if let key = record.key, let same = unfinished.first(where: { $0.key == key }) { return .joined(same) }
            guard unfinished.count < unfinishedMax else { return .full(unfinished.count) }
            contents.records[record.id] = record
            return .added
        }
    }

    func find(_ id: JobID) async throws -> JobRecord? { contents.withLock { $0.records[id] } }

    func list(_ filter: JobFilter) async throws -> [JobRecord] {
        Array(
            all.reversed().filter { record in
                (filter.states.isEmpty || filter.states.contains(record.state))
                    && (filter.kind == nil || filter.kind == record.kind)
                    && filter.before.map { record.id < $0 } != false
            }.prefix(filter.countMax))
    }

    func tickets() async throws -> [JobTicket] {
        all.filter { !$0.state.isFinished }.map {
            JobTicket(
                id: $0.id, kind: $0.kind, priority: $0.priority, state: $0.state, notBefore: $0.notBefore,
                lease: $0.lease)
        }
    }

    func replace(_ record: JobRecord, expecting revision: Int64) async throws -> Bool {
        try contents.withLock { contents in
            if contents.failuresLeft > 0 {
                contents.failuresLeft -= 1
                throw Failed()
            }
            guard contents.records[record.id]?.revision == revision else { return false }
            let others = contents.records.values.filter { $0.id != record.id && !$0.state.isFinished }
            if let key = record.key, !record.state.isFinished, others.contains(where: { $0.key == key }) {
                throw JobKeyTaken()
            }
            contents.records[record.id] = record
            return true
        }
    }

    func remove(_ id: JobID) async throws -> Bool { contents.withLock { $0.records.removeValue(forKey: id) != nil } }

    func removeFinished(keeping countMax: Int, endedAfter moment: JobMoment) async throws -> Int {
        contents.withLock { contents in
            let finished = contents.records.values.filter { $0.state.isFinished }.sorted { $0.id > $1.id }
            let gone = finished.enumerated().filter { index, record in
                index >= countMax || record.ended.map { $0 < moment } == true
            }
            for (_, record) in gone { contents.records[record.id] = nil }
            return gone.count
        }
    }
}

/// A clock that the test moves.
final class ManualClock: Sendable {
    private let moment = Mutex(JobMoment(microseconds: 1_000_000_000))

    var now: JobMoment { moment.withLock { $0 } }
    func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }
}
