import JSONText
import Jobs
import Records
import Storage
import TestRandomness
import Testing

@Suite struct JobTableTests {
    private let now = JobMoment(microseconds: 1_700_000_000_000_000)

    private func withTable(_ backend: Backend, _ body: (JobTable) async throws -> Void) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(JobTable(database))
        }
    }

    private func record(_ number: Int, kind: String = "k", key: String? = nil) -> JobRecord {
        var random = SeededRandom(seed: UInt64(number))
        return JobRecord(
            id: JobID(at: now + .milliseconds(number), using: &random), kind: kind,
            parameters: ["text": "a \"b\" \u{0} ü", "n": .whole(number)], key: key, priority: -3, created: now)
    }

    @Test(arguments: Backend.allCases) func `a job comes back as it was kept, in every state`(
        backend: Backend
    ) async throws {
        try await withTable(backend) { table in
            var job = record(1, key: "k:1")
            #expect(try await table.add(job, unfinishedMax: 10) == .added)
            #expect(try await table.find(job.id) == job)
            #expect(try await table.find(JobID("job_none")) == nil)
            func keep(_ change: (inout JobRecord) throws -> Void) async throws {
                let revision = job.revision
                try change(&job)
                #expect(try await table.replace(job, expecting: revision))
                #expect(try await table.find(job.id) == job)
            }
            let lease = JobLease(owner: "me", until: now + .seconds(30))
            try await keep { try $0.begin(at: now, lease: lease) }
            try await keep {
                $0.keep(
                    JobProgress(done: 3, total: 7, unit: "bytes", stage: "on"), JobLog(lines: ["one", "t\u{0}wo"]),
                    checkpoint: ["at": [1, 2.5, nil]], lease: lease)
            }
            try await keep { $0.requestCancel() }
            try await keep { try $0.interrupt(isCrash: true) }
            try await keep { try $0.requeue() }
            try await keep { try $0.begin(at: now, lease: lease) }
            try await keep { try $0.pause(until: now + .seconds(9), after: JobFailure(code: "timeout", message: "m")) }
            try await keep { try $0.begin(at: now, lease: lease) }
            try await keep { try $0.fail(at: now, JobFailure(code: "c", message: "m", hint: "h")) }
            try await keep { try $0.retry() }
            try await keep { try $0.begin(at: now, lease: lease) }
            try await keep { try $0.succeed(at: now, result: ["done": true]) }
        }
    }

    @Test(arguments: Backend.allCases) func `of two changes of one revision one wins`(backend: Backend) async throws {
        try await withTable(backend) { table in
            let job = record(1)
            _ = try await table.add(job, unfinishedMax: 10)
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        var mine = job
                        try mine.begin(at: now, lease: JobLease(owner: "\(number)", until: now))
                        return try await table.replace(mine, expecting: job.revision)
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
    }

    @Test(arguments: Backend.allCases) func `the same work is kept once, however many ask for it at a time`(
        backend: Backend
    ) async throws {
        try await withTable(backend) { table in
            let admissions = try await withThrowingTaskGroup(of: JobAdmission.self) { group in
                for number in 0..<8 {
                    group.addTask { try await table.add(record(number, key: "same"), unfinishedMax: 10) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(admissions.count { $0 == .added } == 1)
            let kept = try await table.list(JobFilter())
            #expect(kept.count == 1)
            #expect(admissions.allSatisfy { $0 == .added || $0 == .joined(kept[0]) })
        }
    }

    @Test(arguments: Backend.allCases) func `a job cannot come back while another one does its work`(
        backend: Backend
    ) async throws {
        try await withTable(backend) { table in
            var first = record(1, key: "same")
            _ = try await table.add(first, unfinishedMax: 10)
            try first.cancel(at: now)
            #expect(try await table.replace(first, expecting: 0))
            #expect(try await table.add(record(2, key: "same"), unfinishedMax: 10) == .added)
            var again = first
            try again.retry()
            await #expect(throws: JobKeyTaken()) { try await table.replace(again, expecting: first.revision) }
            #expect(try await table.find(first.id) == first)
        }
    }

    @Test(arguments: Backend.allCases) func `a full queue says how full`(backend: Backend) async throws {
        try await withTable(backend) { table in
            for number in 0..<3 { _ = try await table.add(record(number), unfinishedMax: 3) }
            #expect(try await table.add(record(4), unfinishedMax: 3) == .full(3))
        }
    }

    @Test(arguments: Backend.allCases) func `jobs are listed newest first, by state, kind and page`(
        backend: Backend
    ) async throws {
        try await withTable(backend) { table in
            var records = (0..<6).map { record($0, kind: $0.isMultiple(of: 2) ? "even" : "odd") }
            for record in records { _ = try await table.add(record, unfinishedMax: 10) }
            try records[0].cancel(at: now)
            _ = try await table.replace(records[0], expecting: 0)
            let ids = records.map(\.id)
            func list(_ filter: JobFilter) async throws -> [JobID] { try await table.list(filter).map(\.id) }
            #expect(try await list(JobFilter()) == ids.reversed())
            #expect(try await list(JobFilter(states: [.cancelled])) == [ids[0]])
            #expect(try await list(JobFilter(states: [.queued, .running], kind: "even")) == [ids[4], ids[2]])
            #expect(try await list(JobFilter(before: ids[3], countMax: 2)) == [ids[2], ids[1]])
            #expect(try await table.tickets().map(\.id) == Array(ids.dropFirst()))
            #expect(try await table.remove(ids[0]))
            #expect(try await !table.remove(ids[1]))
        }
    }

    @Test(arguments: Backend.allCases) func `old finished jobs go, others stay`(backend: Backend) async throws {
        try await withTable(backend) { table in
            for number in 0..<6 {
                var record = record(number)
                _ = try await table.add(record, unfinishedMax: 10)
                guard number < 5 else { continue }
                try record.cancel(at: now + .seconds(number))
                _ = try await table.replace(record, expecting: 0)
            }
            #expect(try await table.removeFinished(keeping: 10, endedAfter: now + .seconds(2)) == 2)
            #expect(try await table.removeFinished(keeping: 1, endedAfter: now) == 2)
            #expect(try await table.list(JobFilter()).map(\.state) == [.queued, .cancelled])
        }
    }
}
