import Vocabulary

/// A step with what was guessed for it.
struct GuessedStep {
    var shares: [StepShare]
    /// Rows to compute, filled up.
    var rows: Int
    var hasGuesses = false
    /// Each sequence with guesses is computed by itself.
    var isApart = false
}

/// Guessed tokens in steps: which ones, what they cost, and what is left of them.
extension EngineLoop {
    /// Makes what guesses need, and measures what they cost.
    ///
    /// - Parameter makeDraft: makes the draft model's runtime, where there is one.
    /// - Throws: what `makeDraft` throws.
    mutating func startSpeculation(_ makeDraft: (() throws -> any ModelRuntime)?) throws {
        var model = try makeDraft.map {
            DraftModel(runtime: try $0(), vocabularyCount: runtime.shape.vocabulary, options: options)
        }
        if options.groupsRows { model?.measure() }
        speculator = Speculator(options, shape: runtime.shape, ledger: heartbeat.speculation, model: model)
        guard speculator != nil, options.groupsRows else { return }
        let measured = measuredSteps()
        speculator?.costs = RowCosts(measured)
    }

    /// What steps of several rows of one sequence take: at most about two seconds' worth of them.
    private func measuredSteps() -> [RowGroups.Measurement] {
        var measured: [RowGroups.Measurement] = []
        let began = ContinuousClock.now
        for rows in RowGroups.sizes(rowsMax: SpeculationOptions.depthMax) where rows <= options.batchTokensMax {
            var least = Double.infinity
            // The first one reads the weights from the disk, perhaps.
            for round in 0..<4 where round == 0 || rows == 1 || least < Self.slowStep {
                let start = ContinuousClock.now
                pad(rows, with: runtime)
                do { try runtime.decode() } catch { return measured }
                least = min(least, (ContinuousClock.now - start) / .seconds(1))
                runtime.forget(paddingSequence, from: 0)
            }
            measured.append(.init(rows: rows, seconds: least))
            if ContinuousClock.now - began > .seconds(2) { break }
        }
        return measured
    }

    /// Seconds of a step that is measured only once.
    private static var slowStep: Double { 0.05 }

    /// Adds guessed tokens to the shares of answers that are being written, as many as pay.
    ///
    /// - Parameters:
    ///   - shares: of one step.
    ///   - load: what they are without guesses.
    /// - Returns: the step to compute.
    mutating func guessed(_ shares: [StepShare], load: StepLoad) -> GuessedStep {
        let rows = shares.reduce(0) { $0 + $1.range.count }
        let plain = GuessedStep(shares: shares, rows: rows)
        // Moved out and back, so that it is changed in place.
        guard var speculator else { return plain }
        self.speculator = nil
        defer { self.speculator = speculator }
        let writing = shares.indices.filter {
            // After an image a place in the list of tokens is not a position.
            shares[$0].wantsToken && shares[$0].range.count == 1 && running[shares[$0].index].isWriting
                && running[shares[$0].index].generation.request.media.isEmpty
        }
        let rowsFree = min(options.batchTokensMax - rows, SpeculationOptions.depthMax)
        guard !writing.isEmpty, rowsFree > 0 else { return plain }
        let proposals = writing.map { place in
            let sequence = running[shares[place].index]
            return speculator.proposal(shares[place].index, slot: sequence.slot, sequence.generation)
        }
        let isPure = rows == writing.count
        let plan = depths(of: proposals, rowsFree: rowsFree, load: load, isPure: isPure, speculator)
        speculator.ledger.note(depths: plan.depths)
        let model = speculator.modelGuesses(proposals, plan.depths, of: running).tokens
        var all = shares
        for (place, proposal) in proposals.enumerated() where plan.depths[place] > 0 {
            let tokens = proposal.source == .model ? model[place] : Array(proposal.tokens.prefix(plan.depths[place]))
            guard tokens.count >= max(1, proposal.candidate.tokensMin) else { continue }
            all[writing[place]].guess = tokens
            all[writing[place]].source = proposal.source
        }
        follow(proposals, plan, &speculator)
        if isPure, speculator.options.isTuned { probe(proposals, plan, &speculator) }
        let guesses = all.reduce(0) { $0 + $1.guess.count }
        guard guesses > 0, cache.makeRoom(rows + guesses) else { return plain }
        return GuessedStep(
            shares: all, rows: isPure ? speculator.costs.computed(rows + guesses) : rows + guesses, hasGuesses: true,
            isApart: plan.isApart)
    }

    private func depths(
        of proposals: [Speculator.Proposal], rowsFree: Int, load: StepLoad, isPure: Bool,
        _ speculator: Speculator
    ) -> DepthPolicy.Plan {
        guard speculator.options.isTuned else {
            var left = rowsFree
            return DepthPolicy.Plan(
                depths: proposals.map { proposal in
                    let depth = min(left, proposal.depthMax)
                    left -= depth
                    return depth
                })
        }
        let count = proposals.count
        let round = speculator.model?.roundSeconds ?? 0
        let costs: DepthPolicy.Costs
        if isPure {
            let groups = rowPlans[threadPolicies.next(rows: count)]?.groups ?? .together
            costs = DepthPolicy.Costs(
                plain: groups.groups(of: count).reduce(0) { $0 + speculator.costs.seconds($1.computed) },
                together: { speculator.costs.seconds(count + $0) },
                alone: count > 1 ? { speculator.costs.seconds(1 + $0) } : nil, round: round)
        } else {
            // Beside prompts a guessed token is computed like one more of theirs.
            var more = load
            more.prefillTokens += SpeculationOptions.depthMax
            let plain = stepPolicy.costs.predicted(load)
            let each = (stepPolicy.costs.predicted(more) - plain) / Double(SpeculationOptions.depthMax)
            costs = DepthPolicy.Costs(plain: plain, together: { plain + each * Double($0) }, alone: nil, round: round)
        }
        return DepthPolicy.plan(proposals.map(\.candidate), rowsFree: rowsFree, costs: costs)
    }

    /// Looked-up guesses that are not verified cost nothing to follow.
    private func follow(
        _ proposals: [Speculator.Proposal], _ plan: DepthPolicy.Plan, _ speculator: inout Speculator
    ) {
        for (place, proposal) in proposals.enumerated() where plan.depths[place] == 0 {
            guard let source = proposal.source, source != .model else { continue }
            running[proposal.index].generation.drafts?.follow(source, proposal.tokens)
        }
    }

    /// Lets the draft model guess for an answer that does without, to see now and then what its guesses would be worth.
    private func probe(
        _ proposals: [Speculator.Proposal], _ plan: DepthPolicy.Plan, _ speculator: inout Speculator
    ) {
        guard let model = speculator.model, !model.isBroken else { return }
        for (place, proposal) in proposals.enumerated() where plan.depths[place] == 0 && proposal.source == .model {
            let generation = running[proposal.index].generation
            let depth = min(Self.probeDepth, proposal.depthMax)
            let price = Double(proposal.backlog) * model.readSeconds + Double(depth) * model.roundSeconds
            guard depth > 0, generation.drafts?.isFollowing(.model) == false, speculator.allowance.covers(price) else {
                continue
            }
            let guess = speculator.modelGuesses([proposal], [depth], of: running)
            speculator.allowance.spend(guess.seconds)
            generation.drafts?.follow(.model, guess.tokens[0])
            return
        }
    }

    private static var probeDepth: Int { 8 }

    /// The parts of a step with guesses: all together, or each guess by itself; filled up to whole tiles where there is room.
    mutating func guessedParts(_ step: GuessedStep, threads: Int) -> [StepPart] {
        let shares = step.shares
        guard step.isApart else { return [StepPart(shares: shares[...], padding: padding(of: shares[...]))] }
        var parts: [StepPart] = []
        for share in shares where !share.guess.isEmpty {
            parts.append(StepPart(shares: [share], padding: padding(of: [share])))
        }
        let others = shares.filter { $0.guess.isEmpty }
        return others.isEmpty ? parts : parts + groupedParts(others, threads: threads)
    }

    private func padding(of shares: ArraySlice<StepShare>) -> Int {
        let rows = shares.reduce(0) { $0 + $1.range.count + $1.guess.count }
        // Beside prompts tiles are filled anyway.
        guard let speculator, shares.allSatisfy({ $0.range.count == 1 }) else { return 0 }
        let padding = speculator.costs.computed(rows) - rows
        return rows + padding <= options.batchTokensMax && padding <= cache.cellsFree - rows ? padding : 0
    }

    /// Learns what a part of a step took.
    ///
    /// - Parameters:
    ///   - part: what was computed.
    ///   - seconds: how long that took.
    ///   - isStep: whether it was all of the step.
    mutating func observe(_ part: StepPart, seconds: Double, isStep: Bool) {
        guard let costs = speculator?.costs, part.shares.allSatisfy({ $0.range.count == 1 }) else { return }
        let rows = part.shares.reduce(part.padding) { $0 + 1 + $1.guess.count }
        let policy = rows < ThreadPolicies.wideRows ? threadPolicies.narrow : threadPolicies.wide
        let isTrial = policy.next != policy.threads
        if isStep, part.shares.contains(where: { !$0.guess.isEmpty }) {
            threadPolicies.observed(ratio: seconds / costs.seconds(rows), rows: rows)
        }
        // While another number of threads is tried, steps say nothing about the usual ones.
        if !isTrial { speculator?.costs.observe(rows: rows, seconds: seconds) }
    }

    /// Takes back what a guess had wrong.
    ///
    /// - Parameters:
    ///   - share: whose guess was computed.
    ///   - accepted: tokens of the guess that were written.
    ///   - isRefused: whether another token was chosen than the one that follows them.
    mutating func settle(_ share: StepShare, accepted: Int, isRefused: Bool) {
        guard !share.guess.isEmpty, let source = share.source else { return }
        let sequence = running[share.index]
        cache.useCells(accepted)
        running[share.index].computed += accepted
        if accepted < share.guess.count { runtime.forget(sequence.slot, from: sequence.computed + accepted) }
        sequence.generation.drafts?.verified(
            source, drafted: share.guess.count, accepted: accepted, isRefused: isRefused)
        speculator?.shared.note(source, right: accepted, isRefused: isRefused)
        speculator?.ledger.note(drafted: share.guess.count, accepted: accepted)
    }

    /// A token was written: what that says about guesses that are only followed.
    mutating func watch(_ token: Int32, of generation: Generation) {
        guard speculator != nil, let seen = generation.drafts?.written(token) else { return }
        for one in seen {
            speculator?.shared.note(
                one.source, from: one.position, right: one.isRight ? 1 : 0, isRefused: !one.isRight)
        }
    }
}
