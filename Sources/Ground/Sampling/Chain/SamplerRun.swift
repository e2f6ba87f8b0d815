/// One choice: from the whole row to few candidates, then through the rest of the chain.
///
/// While nothing has been taken away, all tokens are candidates and only the blocks of the row know them. The first
/// step that truncates collects the tokens that can survive it, and a few more, and is then applied to those exactly.
struct SamplerRun {
    let row: LogitRow
    let base: UnsafePointer<Float>
    /// How many candidates the choice shall name.
    let kept: Int
    /// By which all logits are divided while they stand in the row.
    private var temperature = Float(1)

    init(row: LogitRow, base: UnsafePointer<Float>, kept: Int) {
        self.row = row
        self.base = base
        self.kept = kept
    }

    mutating func choose(
        steps: ArraySlice<SamplerStep>, _ sampler: inout TokenSampler, _ candidates: inout Candidates
    ) -> TokenChoice {
        var steps = steps
        if case .temperature(let wanted)? = steps.first, wanted > 0 {
            temperature = wanted
            steps.removeFirst()
        }
        if let first = steps.first {
            let isDone = collect(for: first, keepMin: sampler.chain.keepMin, &candidates)
            if isDone { steps.removeFirst() }
        } else {
            switch sampler.chain.ending {
            case .draw: return drawFromAll(&sampler, &candidates)
            case .adaptive: row.collect(atLeast: -.infinity, base, temperature: temperature, into: &candidates)
            case .mirostat: return mirostat(&sampler, &candidates)
            }
        }
        for step in steps where candidates.listed > 0 { sampler.apply(step, &candidates) }
        if case .mirostat = sampler.chain.ending {
            // Only temperature 0 comes before it, and left one.
            return TokenChoice(token: candidates.items[0].token, candidates: named(candidates))
        }
        let position = sampler.finish(&candidates)
        return choice(at: position, candidates)
    }

    /// Collects what `step` can leave over.
    ///
    /// - Returns: whether the step is already done, because it needs to know the whole row.
    private func collect(for step: SamplerStep, keepMin: Int, _ candidates: inout Candidates) -> Bool {
        func collect(_ threshold: Float) {
            row.collect(atLeast: threshold, base, temperature: temperature, into: &candidates)
        }
        switch step {
        case .temperature(let wanted) where wanted <= 0:
            candidates.removeAll()
            candidates.append(row.firstLargest(base), logit: row.largest / temperature)
            candidates.impossible = row.count - 1
            return true
        case .topK(let wanted): collect(row.threshold(reachedBy: wanted))
        case .minP(let share):
            // A little lower than exact, for the rounding of the division.
            let near = row.largest + temperature * Exponential.logarithm(share)
            let bound = near - abs(near) * 1e-5 - 1e-5
            collect(keepMin > 1 ? min(bound, row.threshold(reachedBy: keepMin)) : bound)
        case .topNSigma(let number):
            let spread = row.spread(base)
            collect(row.largest - number * Float(spread.deviation))
            return true
        case .topP(let share):
            collectNucleus(share, keepMin, &candidates)
            return true
        default: collect(-.infinity)
        }
        return false
    }

    /// Lowers the threshold until the tokens above it are likely enough together.
    private func collectNucleus(_ share: Float, _ keepMin: Int, _ candidates: inout Candidates) {
        let total = row.sumExponentials(base, temperature: temperature)
        let fewest = keepMin > 1 ? row.threshold(reachedBy: keepMin) : row.largest
        let peak = row.largest / temperature
        for depth: Float in [3, 6, 10, 15, .infinity] {
            let bound = min(fewest, row.largest - depth * temperature)
            row.collect(atLeast: bound, base, temperature: temperature, into: &candidates)
            guard depth < .infinity else { break }
            var sum = 0.0
            for item in candidates.items { sum += Double(Exponential.of(item.logit - peak)) }
            if sum >= Double(share) * total * 1.000_01 { break }
        }
        candidates.keepNucleus(share, keepMin: keepMin, total: total)
    }

    private func drawFromAll(_ sampler: inout TokenSampler, _ candidates: inout Candidates) -> TokenChoice {
        let total = row.sumExponentials(base, temperature: temperature)
        let drawn = row.token(at: sampler.chance.fraction() * total, base, temperature: temperature)
        var choice = TokenChoice(token: drawn.token, probability: drawn.share / total)
        if kept > 0 {
            row.collect(atLeast: row.threshold(reachedBy: kept), base, temperature: temperature, into: &candidates)
            candidates.keepTop(kept)
            candidates.normalize(total: total)
            choice.candidates = named(candidates)
        }
        return choice
    }

    private func mirostat(_ sampler: inout TokenSampler, _ candidates: inout Candidates) -> TokenChoice {
        guard var state = sampler.mirostat else { preconditionFailure("made together with the chain") }
        let total = row.sumExponentials(base, temperature: temperature)
        if state.parameters.version == 1 {
            func top(_ wanted: Int) {
                row.collect(
                    atLeast: row.threshold(reachedBy: wanted), base, temperature: temperature, into: &candidates)
                candidates.keepTop(wanted)
            }
            top(MirostatState.estimatedFrom)
            candidates.normalize(total: total)
            let wanted = candidates.count > 1 ? state.kept(candidates, vocabularyCount: row.count) : 1
            if wanted > MirostatState.estimatedFrom { top(wanted) } else { candidates.keepTop(wanted) }
        } else {
            let bits = Exponential.logarithm(Float(total)) - state.surpriseMax * 0.693_147_18
            let bound = row.largest + temperature * bits
            let lowered = min(row.largest, bound - abs(bound) * 1e-4 - 1e-3)
            row.collect(atLeast: lowered, base, temperature: temperature, into: &candidates)
            candidates.sort()
            candidates.normalize(total: total)
            let cut = candidates.items.firstIndex {
                -Exponential.binaryLogarithm($0.probability) > state.surpriseMax
            }
            candidates.keepFirst(max(1, cut ?? candidates.count))
            candidates.impossible = 0
        }
        candidates.normalize()
        let position = candidates.drawByProbability(&sampler.chance)
        state.observe(candidates.items[position].probability)
        sampler.mirostat = state
        return choice(at: position, candidates)
    }

    private func choice(at position: Int, _ candidates: Candidates) -> TokenChoice {
        let item = candidates.items[position]
        return TokenChoice(
            token: item.token, probability: Double(item.probability), candidates: named(candidates))
    }

    /// The likeliest, as many as the choice shall name.
    private func named(_ candidates: Candidates) -> [TokenProbability] {
        guard kept > 0 else { return [] }
        let items = candidates.items.filter { $0.probability > 0 }.sorted { $0.probability > $1.probability }
        return items.prefix(kept).map { TokenProbability(token: $0.token, probability: Double($0.probability)) }
    }
}
