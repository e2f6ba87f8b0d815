import Vocabulary

/// Guessing for all answers of an engine: what was measured, what was met with, and the draft model. Confined to the
/// engine's thread.
struct Speculator {
    let options: SpeculationOptions
    let ledger: SpeculationLedger
    var costs = RowCosts([])
    /// What all answers met with.
    var shared = AcceptanceRecord(memory: 256)
    var allowance = ProbeAllowance()
    var model: DraftModel?

    /// A guess for one answer that is being written.
    struct Proposal {
        /// Which of `running`.
        let index: Int
        var source: DraftSource?
        /// Looked-up tokens; the draft model's are guessed when it is known how many are wanted.
        var tokens: [Int32] = []
        /// How many tokens there may be.
        var depthMax = 0
        var candidate = DepthPolicy.Candidate()
        /// What the draft model must read first.
        var backlog = 0
    }

    /// - Returns: `nil` where there is nothing to guess with, and for models whose memory cannot be cut: a refused guess
    ///   could not be taken back.
    init?(_ options: EngineOptions, shape: RuntimeShape, ledger: SpeculationLedger, model: DraftModel?) {
        guard shape.memory == .cells, options.speculation.looksUp || model != nil else { return nil }
        self.options = options.speculation
        self.ledger = ledger
        self.model = model
    }

    /// What to guess for an answer.
    ///
    /// - Parameters:
    ///   - index: which of `running`.
    ///   - slot: its sequence.
    ///   - generation: the answer.
    /// - Returns: a proposal, which may have no tokens.
    func proposal(_ index: Int, slot: Int, _ generation: Generation) -> Proposal {
        var proposal = Proposal(index: index)
        let wishes = generation.request.speculation
        // The step itself writes one more token than were right.
        let left = min(generation.request.newTokensMax - generation.written - 1, wishes.tokensMax ?? .max)
        guard left > 0 else { return proposal }
        if generation.drafts == nil {
            generation.drafts = SequenceDrafts(
                lookup: options.looksUp ? PromptLookup(matchMin: options.matchMin) : nil)
        }
        proposal.candidate.tokensMin = wishes.tokensMin ?? options.tokensMin
        if let match = generation.lookUp(countMax: min(left, options.lookUpTokensMax, SpeculationOptions.depthMax)) {
            proposal.source = DraftSource(agreement: match.length)
            proposal.tokens = match.tokens
            proposal.depthMax = match.tokens.count
        }
        if let depth = modelDepth(slot, generation, left: left), isModelBetter(proposal.source, generation) {
            proposal.source = .model
            proposal.depthMax = depth
            proposal.candidate.needsRounds = true
            proposal.backlog = model?.backlog(slot: slot, of: generation.tokens) ?? 0
            let remaining = Double(min(left, Self.usualRest))
            proposal.candidate.overhead = Double(max(0, proposal.backlog - 2)) * (model?.readSeconds ?? 0) / remaining
        }
        if let source = proposal.source, let drafts = generation.drafts, !drafts.isPaused {
            proposal.candidate.survival = drafts.record.survival(source, count: proposal.depthMax, shared: shared)
        }
        return proposal
    }

    /// Tokens that an answer goes on for, as far as one can tell, over which reading its prompt is spread.
    private static var usualRest: Int { 64 }

    private func modelDepth(_ slot: Int, _ generation: Generation, left: Int) -> Int? {
        let depth = min(left, options.draftTokensMax, SpeculationOptions.depthMax)
        guard let model, depth > 0, model.fits(slot: slot, tokens: generation.tokens.count + depth),
            !generation.tokens.contains(where: { $0 < 0 })
        else { return nil }
        return depth
    }

    /// Whether the draft model's first tokens are more likely right than what was looked up.
    private func isModelBetter(_ source: DraftSource?, _ generation: Generation) -> Bool {
        guard let source, let drafts = generation.drafts else { return true }
        let first = [source, .model].map { drafts.record.survival($0, count: 3, shared: shared).reduce(0, +) }
        return first[1] > first[0]
    }

    /// Lets the draft model guess.
    ///
    /// - Parameters:
    ///   - proposals: for which answers.
    ///   - depths: how many tokens for each of them; 0 asks for none.
    ///   - running: all sequences.
    /// - Returns: for each proposal the tokens, and the seconds that they took.
    mutating func modelGuesses(
        _ proposals: [Proposal], _ depths: [Int], of running: [RunningSequence]
    ) -> (tokens: [[Int32]], seconds: Double) {
        var guesses = [[Int32]](repeating: [], count: proposals.count)
        let asked = proposals.indices.filter { depths[$0] > 0 && proposals[$0].source == .model }
        guard !asked.isEmpty, model != nil else { return (guesses, 0) }
        let began = ContinuousClock.now
        let wishes = asked.map { place in
            let sequence = running[proposals[place].index]
            return DraftModel.Wish(
                slot: sequence.slot, tokens: sequence.generation.tokens, depth: depths[place],
                probabilityMin: sequence.generation.request.speculation.probabilityMin ?? options.probabilityMin)
        }
        for (place, tokens) in zip(asked, model?.guess(wishes) ?? []) { guesses[place] = tokens }
        return (guesses, (ContinuousClock.now - began) / .seconds(1))
    }
}

extension Generation {
    fileprivate func lookUp(countMax: Int) -> PromptLookup.Match? {
        // Moved out and back, so that it is changed in place.
        guard var lookup = drafts?.lookup else { return nil }
        drafts?.lookup = nil
        defer { drafts?.lookup = lookup }
        return lookup.find(in: tokens, countMax: countMax)
    }
}
