import JSONText
import Jobs
import Testing
import TestRandomness
import Vocabulary

@Suite struct JobRecordTests {
    private let now = JobMoment(microseconds: 1_000)

    private func record(_ state: JobState) throws -> JobRecord {
        var record = JobRecord(id: JobID("job_1"), kind: "k", parameters: [:], created: now)
        let lease = JobLease(owner: "me", until: now + .seconds(30))
        switch state {
        case .queued: break
        case .running: try record.begin(at: now, lease: lease)
        case .interrupted:
            try record.begin(at: now, lease: lease)
            try record.interrupt(isCrash: true)
        case .succeeded:
            try record.begin(at: now, lease: lease)
            try record.succeed(at: now, result: 1)
        case .failed:
            try record.begin(at: now, lease: lease)
            try record.fail(at: now, JobFailure(code: "x", message: "y"))
        case .cancelled: try record.cancel(at: now)
        }
        return record
    }

    @Test(arguments: JobState.allCases) func `each event is taken exactly where the state allows it`(
        state: JobState
    ) throws {
        let lease = JobLease(owner: "me", until: now)
        let events: [(JobState, (inout JobRecord) throws -> Void)] = [
            (.running, { try $0.begin(at: self.now, lease: lease) }),
            (.succeeded, { try $0.succeed(at: self.now, result: 1) }),
            (.failed, { try $0.fail(at: self.now, JobFailure(code: "x", message: "y")) }),
            (.cancelled, { try $0.cancel(at: self.now) }),
            (.interrupted, { try $0.interrupt(isCrash: false) }),
            (.queued, { try $0.requeue() }),
        ]
        for (next, event) in events {
            let before = try record(state)
            var after = before
            if state.successors.contains(next) {
                try event(&after)
                #expect(after.state == next)
                #expect(after.revision > before.revision)
            } else {
                #expect(throws: ServiceError.self) { try event(&after) }
                #expect(after == before)
            }
        }
    }

    @Test func `a succeeded job stays so for ever`() throws {
        var record = try record(.succeeded)
        let error = #expect(throws: ServiceError.self) { try record.retry() }
        #expect(error?.code == .conflict)
    }

    @Test func `a try again goes on from the checkpoint and counts anew`() throws {
        var record = try record(.running)
        record.keep(
            JobProgress(done: 3), JobLog(lines: ["a"]), checkpoint: ["at": 3], lease: JobLease(owner: "me", until: now))
        try record.fail(at: now, JobFailure(code: "x", message: "y"))
        try record.retry()
        #expect(record.state == .queued)
        #expect(record.checkpoint == ["at": 3])
        #expect(record.attempts == 0)
        #expect(record.failure == nil)
    }

    @Test func `an interruption in order counts neither as an attempt nor as a crash`() throws {
        var record = try record(.running)
        try record.interrupt(isCrash: false)
        #expect(record.attempts == 0)
        #expect(record.interruptions == 0)
        var crashed = try self.record(.interrupted)
        #expect(crashed.attempts == 1)
        #expect(crashed.interruptions == 1)
        try crashed.requeue()
        #expect(crashed.lease == nil)
    }

    @Test func `ids sort by the moment at which they were made`() {
        var random = SeededRandom(seed: 7)
        let early = JobID(at: JobMoment(microseconds: 1_000_000), using: &random)
        let late = JobID(at: JobMoment(microseconds: 2_000_000_000_000_000), using: &random)
        #expect(early < late)
        #expect(early.text.count == late.text.count)
    }

    @Test func `a log keeps its last lines, each of bounded length`() {
        var log = JobLog()
        for number in 0..<JobLog.linesMax + 10 { log.append("\(number)" + String(repeating: "x", count: 1_000)) }
        #expect(log.lines.count == JobLog.linesMax)
        #expect(log.lines.first?.hasPrefix("10x") == true)
        #expect(log.lines.allSatisfy { $0.count == JobLog.lineCharactersMax })
    }

    @Test func `pauses between attempts double up to their bound and end with the attempts`() {
        let retry = JobRetry(attemptsMax: 5, firstPause: .seconds(1), pauseMax: .seconds(3))
        let pauses = (1...6).map { retry.pause(afterAttempts: $0, chance: 0) }
        #expect(pauses == [.seconds(1), .seconds(2), .seconds(3), .seconds(3), nil, nil])
        #expect(retry.pause(afterAttempts: 1, chance: 1) == .milliseconds(1_250))
        #expect(JobRetry.none.pause(afterAttempts: 1, chance: 0) == nil)
        #expect(JobRetry(attemptsMax: .max).pause(afterAttempts: 1_000, chance: 0) == .seconds(300))
    }
}
