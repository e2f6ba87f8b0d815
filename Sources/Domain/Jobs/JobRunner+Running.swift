import JSONText
import Vocabulary

extension JobRunner {
    /// Takes what is due, in the store and here.
    func startable() async -> [(JobRecord, LiveJob)] {
        do {
            let tickets = try await store.tickets()
            let schedule = JobSchedule(
                tickets, running: Set(running.keys), limits: kinds.mapValues(\.runningMax),
                runningMax: limits.runningMax, now: surroundings.now(), owner: surroundings.owner,
                isGone: surroundings.isGone)
            for id in schedule.orphans { try await abandon(id) }
            for id in schedule.requeue { try await requeue(id) }
            if !schedule.orphans.isEmpty || !schedule.requeue.isEmpty { wake() }
            if let next = schedule.nextMoment { wake(at: next) }
            var taken: [(JobRecord, LiveJob)] = []
            for id in schedule.start {
                if let job = try await take(id) { taken.append(job) }
            }
            return taken
        } catch {
            if !isStopped { surroundings.onTrouble("jobs could not be read: \(String(reflecting: error))") }
            return []
        }
    }

    /// Looks again when a pause ends, if that is before the next poll.
    private func wake(at moment: JobMoment) {
        let pause = moment - surroundings.now()
        guard pause < limits.poll else { return }
        Task {
            do { try await Task.sleep(for: max(pause, .milliseconds(1))) } catch { return }
            wake()
        }
    }

    /// A job whose process is gone: it is interrupted, and given up when that happened too often.
    private func abandon(_ id: JobID) async throws {
        guard running[id] == nil, let before = try await store.find(id), before.state == .running else { return }
        if let lease = before.lease, lease.owner != surroundings.owner, lease.until > surroundings.now(),
            !surroundings.isGone(lease.owner)
        {
            return
        }
        var record = before
        try record.interrupt(isCrash: true)
        if record.isCancelRequested {
            try record.cancel(at: surroundings.now())
        } else if record.interruptions >= limits.interruptionsMax {
            try record.fail(
                at: surroundings.now(),
                JobFailure(
                    code: ServiceError.Code.internalError.rawValue,
                    message: "The job's process ended \(record.interruptions) times before the job did.",
                    hint: "The server's log tells how it ended; then try the job again."))
        }
        guard try await store.replace(record, expecting: before.revision) else { return }
        feed.publish(record)
        await discard(record)
    }

    /// Has a job's kind tidy up when the job is over and nothing came of it.
    func discard(_ record: JobRecord) async {
        guard record.state == .cancelled || record.state == .failed else { return }
        await kinds[record.kind]?.discard(record)
    }

    private func requeue(_ id: JobID) async throws {
        guard let before = try await store.find(id), before.state == .interrupted else { return }
        var record = before
        try record.requeue()
        if try await store.replace(record, expecting: before.revision) { feed.publish(record) }
    }

    /// Makes a job this process's own; `nil` when another one was faster.
    private func take(_ id: JobID) async throws -> (JobRecord, LiveJob)? {
        guard let before = try await store.find(id), before.state == .queued, let kind = kinds[before.kind] else {
            return nil
        }
        let now = surroundings.now()
        var record = before
        let lease = JobLease(owner: surroundings.owner, until: now + limits.lease)
        try record.begin(at: now, lease: lease)
        let live = LiveJob(record, kind: kind, leaseUntil: lease.until)
        running[id] = live
        do {
            guard try await store.replace(record, expecting: before.revision) else {
                running[id] = nil
                return nil
            }
        } catch {
            running[id] = nil
            throw error
        }
        feed.publish(record)
        return (record, live)
    }

    /// Runs a job's handler to its end, and writes how it ended.
    func perform(_ record: JobRecord, _ live: LiveJob) async {
        let context = JobContext(record, live: live) { [weak self] checkpoint in
            guard let self else { throw CancellationError() }
            try await self.save(checkpoint, of: live)
        }
        let handler = live.kind.handler
        let work = Task { try await handler(context) }
        live.adopt(work)
        let outcome = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            live.stop(.shutdown)
        }
        // Without inheriting this task's cancellation, which would reach into the store.
        await Task { await self.settle(live, outcome) }.value
        running[live.id] = nil
        wake()
    }

    /// Renews the lease and writes what the handler told. Sees whether somebody wants the job to end.
    func keep(_ live: LiveJob) async {
        do {
            let until = surroundings.now() + limits.lease
            let news = live.takeNews()
            let owner = surroundings.owner
            let kept = try await changeOwn(live) { record in
                record.keep(
                    news.progress, news.log, checkpoint: record.checkpoint, lease: JobLease(owner: owner, until: until))
            }
            guard let kept else { return live.stop(.lost) }
            live.leaseUntil = until
            if kept.isCancelRequested { live.stop(.cancel) }
        } catch {
            surroundings.onTrouble("the progress of \(live.id) could not be written: \(String(reflecting: error))")
            // Another process may take it from now on.
            if live.leaseUntil <= surroundings.now() { live.stop(.lost) }
        }
    }

    private func save(_ checkpoint: JSONValue, of live: LiveJob) async throws {
        let bytes = checkpoint.bytes.count
        guard bytes <= limits.savedBytesMax else {
            throw ServiceError(
                .internalError, "The job's checkpoint has \(bytes) bytes; at most \(limits.savedBytesMax) are kept.")
        }
        let until = surroundings.now() + limits.lease
        let news = live.takeNews()
        let owner = surroundings.owner
        let kept = try await Task {
            try await self.changeOwn(live) { record in
                record.keep(
                    news.progress, news.log, checkpoint: checkpoint, lease: JobLease(owner: owner, until: until))
            }
        }.value
        guard kept != nil else {
            live.stop(.lost)
            throw CancellationError()
        }
        live.leaseUntil = until
    }

    private func settle(_ live: LiveJob, _ outcome: Result<JSONValue, any Error>) async {
        let news = live.takeNews()
        let owner = surroundings.owner
        let now = surroundings.now()
        let lease = JobLease(owner: owner, until: now + limits.lease)
        for attempt in 0..<Self.settlingsMax {
            do {
                let ended = try await changeOwn(live) { record in
                    record.keep(news.progress, news.log, checkpoint: record.checkpoint, lease: lease)
                    try self.end(&record, live, outcome, at: now)
                }
                if let ended { await discard(ended) }
                return
            } catch {
                surroundings.onTrouble("the end of \(live.id) could not be written: \(String(reflecting: error))")
                do { try await Task.sleep(for: .milliseconds(100 << attempt)) } catch { return }
            }
        }
    }

    /// How often the end of a job is tried to be written, with pauses of 0.1, 0.2, 0.4 … seconds: 6.3 in all.
    private static let settlingsMax = 6

    private nonisolated func end(
        _ record: inout JobRecord, _ live: LiveJob, _ outcome: Result<JSONValue, any Error>, at now: JobMoment
    ) throws {
        switch (outcome, live.stopReason) {
        case (.success(let result), _):
            let bytes = result.bytes.count
            guard bytes <= limits.savedBytesMax else {
                let message = "The job's result has \(bytes) bytes; at most \(limits.savedBytesMax) are kept."
                return try record.fail(
                    at: now, JobFailure(code: ServiceError.Code.internalError.rawValue, message: message))
            }
            try record.succeed(at: now, result: result)
        case (.failure, .cancel?): try record.cancel(at: now)
        case (.failure, .shutdown?): try record.interrupt(isCrash: false)
        case (.failure, .lost?): break
        case (.failure(let error), nil):
            let transient = error as? TransientJobError
            let chance = Double.random(in: 0...1)
            if let transient, let pause = live.kind.retry.pause(afterAttempts: record.attempts, chance: chance) {
                try record.pause(until: now + max(pause, transient.retryAfter ?? .zero), after: JobFailure(error))
            } else {
                try record.fail(at: now, JobFailure(error))
            }
        }
    }

    /// Changes the record of a job that this process runs; `nil` when it does not any more.
    private func changeOwn(_ live: LiveJob, _ body: (inout JobRecord) throws -> Void) async throws -> JobRecord? {
        for _ in 0..<Self.collisionsMax {
            guard let before = try await store.find(live.id), before.state == .running,
                before.lease?.owner == surroundings.owner
            else { return nil }
            var record = before
            try body(&record)
            if try await store.replace(record, expecting: before.revision) {
                feed.publish(record)
                return record
            }
        }
        throw ServiceError(.conflict, "The job is changing too fast.")
    }
}
