import Jobs
import Testing
import TestRandomness

@Suite struct JobScheduleTests {
    private let now = JobMoment(microseconds: 1_000_000)

    private func ticket(
        _ id: String, _ kind: String = "a", _ priority: Int = 0, _ state: JobState = .queued,
        notBefore: JobMoment? = nil, lease: JobLease? = nil
    ) -> JobTicket {
        JobTicket(id: JobID(id), kind: kind, priority: priority, state: state, notBefore: notBefore, lease: lease)
    }

    private func schedule(
        _ tickets: [JobTicket], running: Set<JobID> = [], limits: [String: Int] = ["a": 2, "b": 1],
        runningMax: Int = 10, isGone: (String) -> Bool = { _ in false }
    ) -> JobSchedule {
        JobSchedule(
            tickets, running: running, limits: limits, runningMax: runningMax, now: now, owner: "me", isGone: isGone)
    }

    @Test func `the more important goes first, then the older`() {
        let plan = schedule(
            [ticket("3", "a", 0), ticket("1", "a", 0), ticket("2", "a", 5)], limits: ["a": 3])
        #expect(plan.start == [JobID("2"), JobID("1"), JobID("3")])
    }

    @Test func `a kind's bound does not hold up other kinds`() {
        let running = ticket("0", "b", 0, .running, lease: JobLease(owner: "me", until: now + .seconds(9)))
        let plan = schedule(
            [running, ticket("1", "b", 9), ticket("2"), ticket("3"), ticket("4")], running: [JobID("0")])
        #expect(plan.start == [JobID("2"), JobID("3")])
        #expect(plan.orphans.isEmpty)
    }

    @Test func `no more start than may run in all`() {
        #expect(schedule([ticket("1"), ticket("2")], runningMax: 1).start == [JobID("1")])
    }

    @Test func `kinds that this process does not know are left to others`() {
        let plan = schedule([ticket("1", "unknown"), ticket("2", "unknown", 0, .interrupted)])
        #expect(plan == JobSchedule([], running: [], limits: [:], runningMax: 1, now: now, owner: ""))
    }

    @Test func `a pause is waited for, and its end is told`() {
        let plan = schedule([
            ticket("1", notBefore: now + .seconds(5)), ticket("2", notBefore: now + .seconds(3)),
            ticket("3", notBefore: now),
        ])
        #expect(plan.start == [JobID("3")])
        #expect(plan.nextMoment == now + .seconds(3))
    }

    @Test
    func `a job is taken back from a process whose lease ended, that is gone, or that is this one without knowing`() {
        let alive = JobLease(owner: "other", until: now + .seconds(1))
        let plan = schedule(
            [
                ticket("1", state: alive), ticket("2", state: JobLease(owner: "other", until: now)),
                ticket("3", state: JobLease(owner: "dead", until: now + .seconds(30))),
                ticket("4", state: JobLease(owner: "me", until: now + .seconds(30))),
                ticket("5", "a", 0, .running), ticket("6", "a", 0, .interrupted),
            ], isGone: { $0 == "dead" })
        #expect(plan.orphans.map(\.text) == ["2", "3", "4", "5"])
        #expect(plan.requeue.map(\.text) == ["6"])
        #expect(plan.start.isEmpty)
    }

    private func ticket(_ id: String, state lease: JobLease) -> JobTicket {
        ticket(id, "a", 0, .running, lease: lease)
    }

    @Test(arguments: 0..<200) func `bounds hold whatever waits and runs`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let limits = ["a": Int.random(in: 1...3, using: &random), "b": Int.random(in: 1...3, using: &random)]
        let runningMax = Int.random(in: 1...5, using: &random)
        var running: Set<JobID> = []
        let tickets = (0..<30).map { number in
            let kind = Bool.random(using: &random) ? "a" : "b"
            let isRunning =
                running.count < runningMax && Int.random(in: 0..<5, using: &random) == 0
                && self.count(of: kind, in: running) < limits[kind] ?? 0
            if isRunning { running.insert(JobID("\(kind)\(number)")) }
            return ticket(
                "\(kind)\(number)", kind, Int.random(in: -2...2, using: &random), isRunning ? .running : .queued,
                lease: isRunning ? JobLease(owner: "me", until: now + .seconds(9)) : nil)
        }
        let plan = schedule(tickets, running: running, limits: limits, runningMax: runningMax)
        #expect(running.count + plan.start.count <= runningMax)
        for (kind, limit) in limits {
            #expect(tickets.filter { $0.kind == kind && (running.union(plan.start)).contains($0.id) }.count <= limit)
        }
        #expect(Set(plan.start).count == plan.start.count)
        // Nobody who could have started waits while there is room.
        let waiting = tickets.filter { $0.state == .queued && !plan.start.contains($0.id) }
        let isFull = running.count + plan.start.count == runningMax
        for ticket in waiting where !isFull {
            let ofKind = tickets.filter { $0.kind == ticket.kind && running.union(plan.start).contains($0.id) }.count
            #expect(ofKind == limits[ticket.kind])
        }
    }

    private func count(of kind: String, in running: Set<JobID>) -> Int {
        running.filter { $0.text.hasPrefix(kind) }.count
    }
}
