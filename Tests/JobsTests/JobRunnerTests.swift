import JSONText
import Jobs
import Synchronization
import Testing
import Vocabulary

/// Opened once; whoever waits goes on then, or when its task is cancelled.
private final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let opener: AsyncStream<Void>.Continuation

    init() { (stream, opener) = AsyncStream.makeStream(of: Void.self) }

    func open() { opener.finish() }

    func wait() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}

@Suite struct JobRunnerTests {
    private let store = MemoryJobStore()
    private let clock = ManualClock()

    private func runner(
        _ kinds: [JobKind], owner: String = "me", isGone: @escaping @Sendable (String) -> Bool = { _ in false },
        limits adjust: (inout JobLimits) -> Void = { _ in }
    ) -> JobRunner {
        var limits = JobLimits()
        (limits.tick, limits.heartbeat, limits.poll) = (.milliseconds(5), .milliseconds(10), .milliseconds(10))
        adjust(&limits)
        return JobRunner(
            store: store, kinds: kinds, limits: limits,
            surroundings: JobSurroundings(owner: owner, now: { [clock] in clock.now }, isGone: isGone))
    }

    /// Runs the runner while `body` goes on, and ends it.
    private func running<T>(_ runner: JobRunner, _ body: () async throws -> T) async throws -> T {
        let task = Task { await runner.run() }
        do {
            let value = try await body()
            task.cancel()
            await task.value
            return value
        } catch {
            task.cancel()
            await task.value
            throw error
        }
    }

    @Test func `work is done, told and kept`() async throws {
        let runner = runner([
            JobKind("double") { context in
                context.report(JobProgress(done: 1, total: 2, unit: "steps", stage: "half"))
                context.log("hello")
                return .integer((context.parameters["n"]?.integer ?? 0) * 2)
            }
        ])
        try await running(runner) {
            let job = try await runner.submit("double", ["n": 21])
            #expect(job.state == .queued)
            let end = try await runner.finished(job.id)
            #expect(end.state == .succeeded)
            #expect(end.result == 42)
            #expect(end.progress.fraction == 0.5)
            #expect(end.log.lines == ["hello"])
            #expect(end.lease == nil)
        }
    }

    @Test func `what handlers throw is the job's failure, in its own words`() async throws {
        let runner = runner([
            JobKind("fail") { _ in throw ServiceError(.invalidValue, "No such file.", hint: "Look again.") }
        ])
        try await running(runner) {
            let end = try await runner.finished(try await runner.submit("fail", [:]).id)
            #expect(end.state == .failed)
            #expect(end.failure == JobFailure(code: "invalid_value", message: "No such file.", hint: "Look again."))
            let again = try await runner.retry(end.id)
            #expect(again.state == .queued)
            #expect(try await runner.finished(end.id).state == .failed)
            try await runner.delete(end.id)
            await #expect(throws: ServiceError.self) { try await runner.find(end.id) }
        }
    }

    @Test func `failures that may pass are tried again, as often as the kind says`() async throws {
        let kind = JobKind("flaky", retry: JobRetry(attemptsMax: 3, firstPause: .milliseconds(1))) { context in
            if context.attempt < 3 { throw TransientJobError(ServiceError(.timeout, "Too slow.")) }
            return .whole(context.attempt)
        }
        let hopeless = JobKind("hopeless", retry: JobRetry(attemptsMax: 2, firstPause: .zero)) { _ in
            throw TransientJobError(ServiceError(.timeout, "Too slow."))
        }
        let runner = runner([kind, hopeless])
        try await running(runner) {
            let job = try await runner.submit("flaky", [:])
            let pauses = await runner.events(of: job.id)
            for await record in pauses {
                if record.state == .queued, record.failure != nil { clock.advance(by: .seconds(1)) }
                if record.state.isFinished { break }
            }
            #expect(try await runner.find(job.id).result == 3)
            let other = try await runner.finished(try await runner.submit("hopeless", [:]).id)
            #expect(other.attempts == 2)
            #expect(other.failure?.code == "timeout")
        }
    }

    @Test func `the same work is done once`() async throws {
        let gate = Gate()
        let kind = JobKind("slow", identity: { $0["file"]?.string }) { _ in
            try await gate.wait()
            return nil
        }
        let runner = runner([kind])
        try await running(runner) {
            let first = try await runner.submit("slow", ["file": "a"])
            let second = try await runner.submit("slow", ["file": "a", "more": 1])
            #expect(second.id == first.id)
            let other = try await runner.submit("slow", ["file": "b"])
            #expect(other.id != first.id)
            gate.open()
            _ = try await runner.finished(first.id)
            #expect(try await runner.submit("slow", ["file": "a"]).id != first.id)
        }
    }

    @Test func `what cannot be taken is refused with a way out`() async throws {
        let kind = JobKind(
            "picky",
            check: { parameters in
                guard parameters["ok"] != nil else { throw ServiceError(.invalidValue, "Not ok.", parameter: "ok") }
                return parameters
            }
        ) { _ in nil }
        let runner = runner(
            [kind],
            limits: { limits in
                limits.unfinishedMax = 2
                limits.parametersBytesMax = 100
            })
        func refusal(_ kind: String, _ parameters: JSONObject, priority: Int = 0) async -> ServiceError? {
            await #expect(throws: ServiceError.self) {
                try await runner.submit(kind, parameters, priority: priority)
            }
        }
        #expect(await refusal("unknown", [:])?.hint == "Known: picky.")
        #expect(await refusal("picky", [:])?.parameter == "ok")
        #expect(await refusal("picky", ["ok": 1], priority: 101)?.parameter == "priority")
        #expect(await refusal("picky", ["ok": .string(String(repeating: "x", count: 100))])?.code == .invalidValue)
        for _ in 0..<2 { _ = try await runner.submit("picky", ["ok": 1]) }
        #expect(await refusal("picky", ["ok": 1])?.code == .overloaded)
    }

    @Test func `a job that waits is cancelled at once, one that runs when its handler has ended`() async throws {
        let began = Gate()
        let kind = JobKind("slow") { context in
            began.open()
            do {
                try await Gate().wait()
            } catch {
                try await context.save(["left": "clean"])
                throw error
            }
            return nil
        }
        let runner = runner([kind])
        try await running(runner) {
            let first = try await runner.submit("slow", [:])
            let second = try await runner.submit("slow", [:])
            try await began.wait()
            #expect(try await runner.cancel(second.id).state == .cancelled)
            #expect(try await runner.cancel(first.id).isCancelRequested)
            let end = try await runner.finished(first.id)
            #expect(end.state == .cancelled)
            #expect(end.checkpoint == ["left": "clean"])
            #expect(try await runner.cancel(first.id) == end)
            await #expect(throws: ServiceError.self) { try await runner.delete(JobID("job_none")) }
        }
    }

    @Test func `a kind tidies up after jobs that were cancelled or failed, and after no others`() async throws {
        let tidied = Mutex<[String]>([])
        let began = Gate()
        func kind(_ name: String, _ handler: @escaping JobKind.Handler) -> JobKind {
            JobKind(
                name, discard: { record in tidied.withLock { $0.append("\(name) \(record.state.rawValue)") } },
                handler: handler)
        }
        let kinds = [
            kind("fine") { _ in nil },
            kind("bad") { _ in throw ServiceError(.invalidValue, "No.") },
            kind("slow") { _ in
                began.open()
                try await Gate().wait()
                return nil
            },
        ]
        let runner = runner(kinds)
        let left = try await running(runner) {
            for name in ["fine", "bad"] { _ = try await runner.finished(try await runner.submit(name, [:]).id) }
            let first = try await runner.submit("slow", [:])
            let second = try await runner.submit("slow", [:])
            try await began.wait()
            _ = try await runner.cancel(second.id)
            #expect(tidied.withLock { $0 } == ["bad failed", "slow cancelled"])
            return first
        }
        // Ending the runner only interrupts: somebody will go on.
        #expect(try await store.find(left.id)?.state == .interrupted)
        #expect(tidied.withLock { $0.count } == 2)
        // Somebody else finds that it is to be cancelled, and that its process is gone.
        _ = try await runner.cancel(left.id)
        #expect(tidied.withLock { $0.last } == "slow cancelled")
        #expect(tidied.withLock { $0.count } == 3)
    }

    @Test func `ending the runner interrupts jobs, and the next one goes on from the checkpoint`() async throws {
        let saved = Gate()
        let kind = JobKind("long") { context in
            if let checkpoint = context.checkpoint { return ["went on from": checkpoint] }
            try await context.save(7)
            saved.open()
            try await Gate().wait()
            return nil
        }
        let first = runner([kind])
        let job = try await running(first) {
            let job = try await first.submit("long", [:])
            try await saved.wait()
            return job
        }
        #expect(try await store.find(job.id)?.state == .interrupted)
        #expect(try await store.find(job.id)?.lease == nil)
        let second = runner([kind], owner: "next")
        try await running(second) {
            let end = try await second.finished(job.id)
            #expect(end.result == ["went on from": 7])
            #expect(end.attempts == 1)
            #expect(end.interruptions == 0)
        }
    }

    /// A job that says that it runs in a process that is gone.
    private func abandoned(interruptions: Int = 0, cancelled: Bool = false) async throws -> JobID {
        var record = JobRecord(id: JobID("job_x"), kind: "k", parameters: [:], created: clock.now)
        for _ in 0..<interruptions {
            try record.begin(at: clock.now, lease: JobLease(owner: "dead", until: clock.now))
            try record.interrupt(isCrash: true)
            try record.requeue()
        }
        try record.begin(at: clock.now, lease: JobLease(owner: "dead", until: clock.now + .seconds(30)))
        record.keep(
            JobProgress(done: 5), JobLog(), checkpoint: 5,
            lease: JobLease(owner: "dead", until: clock.now + .seconds(30)))
        if cancelled { record.requestCancel() }
        _ = try await store.add(record, unfinishedMax: 10)
        return record.id
    }

    @Test func `a dead process's job waits for its lease unless it is known to be dead`() async throws {
        let id = try await abandoned()
        let kind = JobKind("k") { context in context.checkpoint ?? .null }
        let patient = runner([kind])
        try await running(patient) {
            // Another job, begun and ended, shows that the runner looked and left it alone.
            _ = try await patient.finished(try await patient.submit("k", [:]).id)
            #expect(try await store.find(id)?.lease?.owner == "dead")
            clock.advance(by: .seconds(31))
            #expect(try await patient.finished(id).result == 5)
            #expect(try await store.find(id)?.interruptions == 1)
        }
    }

    @Test func `a job of a process that is known to be gone goes on at once`() async throws {
        let id = try await abandoned()
        let runner = runner([JobKind("k") { context in context.checkpoint ?? .null }], isGone: { $0 == "dead" })
        let end = try await running(runner) { try await runner.finished(id) }
        #expect(end.result == 5)
    }

    @Test func `a job that ends its process again and again is given up`() async throws {
        let id = try await abandoned(interruptions: 4)
        let runner = runner([JobKind("k") { _ in 1 }], isGone: { _ in true })
        try await running(runner) {
            let end = try await runner.finished(id)
            #expect(end.state == .failed)
            #expect(end.failure?.message.contains("5 times") == true)
        }
    }

    @Test func `a cancel that its process did not live to see is done`() async throws {
        let id = try await abandoned(cancelled: true)
        let runner = runner([JobKind("k") { _ in 1 }], isGone: { _ in true })
        let end = try await running(runner) { try await runner.finished(id) }
        #expect(end.state == .cancelled)
    }

    @Test func `two processes on one store never run the same job`() async throws {
        let counts = Mutex<[String: Int]>([:])
        let kind = JobKind("once", runningMax: 4) { context in
            counts.withLock { $0[context.id.text, default: 0] += 1 }
            await Task.yield()
            return nil
        }
        let (one, two) = (runner([kind], owner: "one"), runner([kind], owner: "two"))
        try await running(one) {
            try await running(two) {
                var ids: [JobID] = []
                for _ in 0..<60 { ids.append(try await one.submit("once", [:]).id) }
                for id in ids {
                    // The other process's changes are seen when the store is read.
                    while try await one.find(id).state != .succeeded { await Task.yield() }
                }
            }
        }
        #expect(counts.withLock { $0.count } == 60)
        #expect(counts.withLock { $0.values.allSatisfy { $0 == 1 } })
    }

    @Test func `a handler whose job was taken by another process is stopped, and changes nothing`() async throws {
        let began = Gate()
        let stopped = Gate()
        let kind = JobKind("k") { _ in
            began.open()
            do {
                try await Gate().wait()
            } catch {
                stopped.open()
                throw error
            }
            return nil
        }
        let runner = runner([kind])
        try await running(runner) {
            let job = try await runner.submit("k", [:])
            try await began.wait()
            var taken = try #require(try await store.find(job.id))
            let revision = taken.revision
            let other = JobLease(owner: "other", until: clock.now + .seconds(30))
            taken.keep(JobProgress(), JobLog(), checkpoint: nil, lease: other)
            guard try await store.replace(taken, expecting: revision) else { return }
            try await stopped.wait()
        }
        #expect(store.all.first?.lease?.owner == "other")
        #expect(store.all.first?.state == .running)
    }

    @Test func `the end of a job is written although the store failed for a while`() async throws {
        let store = store
        let runner = runner([
            JobKind("k") { _ in
                store.fail(2)
                return 1
            }
        ])
        try await running(runner) {
            let end = try await runner.finished(try await runner.submit("k", [:]).id)
            #expect(end.state == .succeeded)
        }
    }

    @Test func `a result or a checkpoint that is too large fails the job`() async throws {
        let kind = JobKind("large") { context in
            if context.parameters["saves"] != nil { try await context.save(.string(String(repeating: "x", count: 99))) }
            return .string(String(repeating: "x", count: 99))
        }
        let runner = runner([kind], limits: { $0.savedBytesMax = 50 })
        try await running(runner) {
            for parameters in [[:], ["saves": true]] as [JSONObject] {
                let end = try await runner.finished(try await runner.submit("large", parameters).id)
                #expect(end.failure?.message.contains("at most 50") == true)
            }
        }
    }

    @Test func `a reader that reads late still sees how each job ended`() async throws {
        let runner = runner([JobKind("k", runningMax: 4) { _ in nil }])
        try await running(runner) {
            let events = await runner.events()
            var ids: Set<JobID> = []
            for _ in 0..<20 { ids.insert(try await runner.submit("k", [:]).id) }
            for id in ids { _ = try await runner.finished(id) }
            var ended: Set<JobID> = []
            for await record in events {
                if record.state == .succeeded { ended.insert(record.id) }
                if ended == ids { break }
            }
            #expect(ended == ids)
        }
    }
}
