import Vocabulary

/// Who gets a slot, who gives one up.
extension EngineLoop {
    /// Answers those who are too late.
    mutating func expire(_ now: ContinuousClock.Instant) {
        for submission in room.expired(now) { end(submission, error: .late("it waited for its turn")) }
        var late: [UInt64] = []
        for sequence in running where sequence.generation.isLate(now) { late.append(sequence.generation.key) }
        for sequence in parked where sequence.generation.isLate(now) { late.append(sequence.generation.key) }
        for key in late { remove(key, error: .late("it was being written")) }
        endLatePrompts(now)
    }

    /// When the next answer will be too late; nothing needs the thread before that.
    var nextDeadline: ContinuousClock.Instant? {
        let held = (running.map(\.generation) + parked.map(\.generation)).compactMap(\.deadline).min()
        return [room.nextDeadline, held].compactMap { $0 }.min()
    }

    /// Fills free slots: with parked sequences first where they are at least as urgent, then with those who wait.
    mutating func fillSlots(_ now: ContinuousClock.Instant) {
        let waiting = room.count + parked.count
        // Nearly always nobody waits while answers are written.
        guard waiting > 0 else { return room.setSlotsFree(freeSlots.count) }
        let slots = slotPolicy.sequences(waiting: waiting, costs: stepPolicy.costs)
        while !freeSlots.isEmpty, running.count < slots {
            if let key = preemption.resumed(
                among: candidates, waitingLevel: room.nextLevel(now, startRule), now: now - room.epoch)
            {
                if resume(key) { continue }
                // Newcomers would take the room that it waits for.
                if !running.isEmpty { break }
            }
            guard let generation = nextWaiting(now) else { break }
            startOrWait(generation, now: now)
        }
        preempt(now)
        room.setSlotsFree(freeSlots.count)
    }

    /// The next one who can start.
    private func nextWaiting(_ now: ContinuousClock.Instant) -> Generation? {
        room.next(now, startRule).map(generation)
    }

    /// The next one of the highest priority that was asked for.
    private func mostUrgentWaiting(_ now: ContinuousClock.Instant) -> Generation? {
        room.nextMostUrgent(now, startRule).map(generation)
    }

    private var startRule: StartRule {
        var rule = StartRule(isIsolatedTaken: running.contains(where: \.isIsolated))
        rule.slotsTaken = Set(running.map(\.slot))
        for sequence in running where !sequence.isWriting {
            guard let lease = sequence.lease else { continue }
            rule.leaders.append(
                .init(
                    prompt: sequence.generation.request.prompt, scope: lease.scope, left: lease.node.end,
                    stops: runtime.shape.memory == .cells ? nil : lease.stops))
        }
        return rule
    }

    private func generation(_ next: WaitingRoom<Submission>.Next) -> Generation {
        let generation = Generation(next.submission)
        generation.charge = next.charge
        return generation
    }

    /// Starts a request; or lets it wait with those that were parked, until there are cells for all of its prompt. Where cells
    /// are shared one cannot tell what it will need, and it starts in any case.
    private mutating func startOrWait(_ generation: Generation, now: ContinuousClock.Instant) {
        let sharing = running.filter { !$0.isIsolated }.map(\.generation.request.scheduling.priority)
        if sharing.isEmpty, parked.isEmpty { cache.trustCells() }
        if runtime.shape.memory == .checkpoints, !generation.request.isReproducible {
            let cells = RoomPolicy.cellsToStart(prompt: generation.promptCount, computed: 0, running: sharing.count)
            if RoomPolicy.mustWait(
                generation.request.scheduling.priority, cells: cells, cellsFree: cache.cellsFree, running: sharing)
            {
                return parked.append(ParkedSequence(generation: generation, computed: 0, state: [], since: now))
            }
        }
        start(generation, now: now)
    }

    private mutating func start(_ generation: Generation, now: ContinuousClock.Instant) {
        guard let slot = takeSlot(generation.request.scheduling.slot) else {
            preconditionFailure("the caller looked for a free slot")
        }
        if generation.started == nil { generation.started = now }
        generation.slot = slot
        let seed = generation.request.sampling.seed ?? UInt32.random(in: 0...UInt32.max, using: &random)
        do throws(ServiceError) {
            generation.writer = try TokenWriter(generation.request, seed: seed, vocabulary: vocabulary)
        } catch {
            freeSlots.append(slot)
            return end(generation, error: error)
        }
        var sequence = RunningSequence(generation: generation, slot: slot, computed: 0)
        if sequence.isIsolated {
            do {
                if isolatedRuntime == nil { isolatedRuntime = try runtime.isolated() }
            } catch {
                freeSlots.append(slot)
                return end(generation, error: Self.failure(error))
            }
        } else if generation.request.cache.isUsed {
            let attached = cache.attach(
                generation.request.prompt, scope: generation.request.scope, to: slot, now: now,
                most: min(reusable(by: generation.request), unobserved(of: generation.request)))
            generation.cacheReport = attached.report
            if let place = attached.report.firstDifference {
                generation.cacheReport.differenceText = text(Array(generation.request.prompt[place...].prefix(12)))
            }
            sequence.lease = attached.lease
            let prompt = generation.request.prompt
            sequence.lease?.stops.removeAll { StandIn.wholeCount($0, of: prompt) != $0 }
            sequence.computed = attached.lease.node.end
            sequence.computedBefore = sequence.computed
        }
        running.append(sequence)
        encodeNext(generation, computed: sequence.computed)
        tellProgress(running.count - 1)
    }

    /// A free slot: the one that is asked for, where it is free.
    private mutating func takeSlot(_ wanted: Int?) -> Int? {
        guard let wanted, let index = freeSlots.firstIndex(of: wanted) else { return freeSlots.popLast() }
        return freeSlots.remove(at: index)
    }

    /// Takes a sequence out of its slot; what it computed stays in the cache.
    mutating func vacate(at index: Int) {
        if running[index].lease != nil { commit(at: index) }
        let sequence = running.remove(at: index)
        note(sequence)
        sequence.generation.work += sequence.workHere
        release(sequence)
    }

    private mutating func release(_ sequence: RunningSequence) {
        if sequence.isIsolated {
            isolatedRuntime?.forget(0, from: 0)
        } else if let lease = sequence.lease {
            cache.detach(lease, sequence: sequence.slot, computed: sequence.computed)
            cache.trimIdle()
        } else {
            runtime.forget(sequence.slot, from: 0)
            cache.freeCells(sequence.held)
        }
        freeSlots.append(sequence.slot)
    }

    mutating func commit(at index: Int) {
        guard var lease = running[index].lease else { return }
        let tokens = running[index].generation.tokens
        cache.commit(
            tokens, computed: StandIn.wholeCount(running[index].computed, of: tokens), of: running[index].slot, &lease,
            now: .now)
        running[index].lease = lease
    }

    // MARK: Parking

    private var candidates: [PreemptionCandidate] {
        func candidate(_ generation: Generation, _ state: PreemptionCandidate.State, _ computed: Int)
            -> PreemptionCandidate
        {
            let options = generation.request.scheduling
            return PreemptionCandidate(
                key: generation.key, priority: options.priority, tenant: options.tenant, weight: options.weight,
                state: state, computed: computed, parkings: generation.timesParked)
        }
        let runs = running.filter { !$0.isIsolated }.map {
            candidate($0.generation, .running(tokensSinceStart: $0.workHere), $0.computed)
        }
        return runs + parked.map { candidate($0.generation, .parked(since: $0.since - room.epoch), $0.computed) }
    }

    /// Parks a running sequence when somebody more urgent waits and there is no slot.
    private mutating func preempt(_ now: ContinuousClock.Instant) {
        guard freeSlots.isEmpty, let urgency = room.mostUrgent(startRule),
            let key = preemption.victim(among: candidates, for: urgency),
            let index = running.firstIndex(where: { $0.generation.key == key }), park(at: index)
        else { return }
        if let generation = mostUrgentWaiting(now) { startOrWait(generation, now: now) }
    }

    /// Moves a sequence's state to ordinary memory and frees its slot.
    ///
    /// - Parameter index: which of `running`.
    /// - Returns: `false` when its state cannot be copied; it goes on running then.
    mutating func park(at index: Int) -> Bool {
        let sequence = running[index]
        var state: [UInt8] = []
        // What was moved is computed anew when it comes back.
        let kept = sequence.isMoved ? 0 : sequence.computed
        do {
            if kept > 0 { state = try runtime.state(of: sequence.slot) }
        } catch {
            return false
        }
        running.remove(at: index)
        sequence.generation.work += sequence.workHere
        release(sequence)
        sequence.generation.timesParked += 1
        parked.append(
            ParkedSequence(
                generation: sequence.generation, computed: kept, dropped: kept > 0 ? sequence.dropped : 0,
                state: state, since: .now))
        return true
    }

    /// Gives a parked sequence a slot and its state.
    ///
    /// - Parameter key: which of `parked`.
    /// - Returns: `false` when there is no room for it yet.
    private mutating func resume(_ key: UInt64) -> Bool {
        guard let index = parked.firstIndex(where: { $0.generation.key == key }) else { return false }
        let sequence = parked[index]
        let sharing = running.count { !$0.isIsolated }
        let isAlone = sharing == 0
        if isAlone, sequence.generation.writer == nil { cache.trustCells() }
        let held = sequence.computed - sequence.dropped
        // What was compressed had its whole prompt already.
        let cells = RoomPolicy.cellsToStart(
            prompt: sequence.dropped > 0 ? held : sequence.generation.promptHeld, computed: held, running: sharing)
        guard cache.makeRoom(cells) else {
            if isAlone { endParked(at: index) }
            return false
        }
        guard let slot = freeSlots.popLast() else { return false }
        if sequence.generation.writer == nil {
            freeSlots.append(slot)
            parked.remove(at: index)
            start(sequence.generation, now: .now)
            return true
        }
        if sequence.computed > 0, !runtime.restore(sequence.state, to: slot) {
            runtime.forget(slot, from: 0)
            freeSlots.append(slot)
            cache.overfilled(by: held)
            // Each attempt believes in fewer cells: prefixes leave, or it ends with what it has.
            return isAlone && resume(key)
        }
        cache.useCells(held)
        parked.remove(at: index)
        sequence.generation.slot = slot
        var back = RunningSequence(
            generation: sequence.generation, slot: slot, computed: sequence.computed,
            computedBefore: sequence.computed)
        back.dropped = sequence.dropped
        if sequence.generation.request.cache.isUsed, sequence.dropped == 0 {
            back.lease = cache.emptyLease(sequence.generation.request.scope)
        }
        running.append(back)
        encodeNext(back.generation, computed: back.computed)
        return true
    }

    /// Ends a sequence that fills all of the cache by itself with what it has.
    private mutating func endParked(at index: Int) {
        let generation = parked[index].generation
        remove(generation.key, last: generation.close(.length, model: model))
    }
}
