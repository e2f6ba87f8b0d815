extension TokenSampler {
    /// Applies one step to candidates.
    mutating func apply(_ step: SamplerStep, _ candidates: inout Candidates) {
        let keepMin = chain.keepMin
        switch step {
        case .bias(let biases):
            for entry in biases { candidates.change(entry.token) { $0 + entry.bias } }
        case .penalties(let parameters):
            candidates.changeAll { [counts = history.counts] token, logit in
                counts[token].map { parameters.applied(to: logit, count: $0) } ?? logit
            }
        case .dry(let parameters):
            dry?.penalties(parameters) { token, penalty in candidates.change(token) { $0 - penalty } }
            candidates.isSorted = false
        case .topNSigma(let number): candidates.keepWithinDeviations(number)
        case .topK(let wanted): candidates.keepTop(wanted)
        case .typical(let share): candidates.keepTypical(share, keepMin: keepMin)
        case .topP(let share): candidates.keepNucleus(share, keepMin: keepMin)
        case .minP(let share): candidates.keepNearBest(share, keepMin: keepMin)
        case .xtc(let probability, let threshold):
            guard candidates.listed > 1, chanceOfExclusion.shortFraction() <= probability else { return }
            candidates.excludeTop(threshold: threshold, keepMin: keepMin)
        case .temperature(let temperature): candidates.heat(temperature)
        case .dynamicTemperature(let temperature, let range, let exponent):
            candidates.heat(temperature, range: range, exponent: exponent)
        case .infill: candidates.infill(vocabulary)
        }
    }

    /// Draws one of the candidates.
    ///
    /// - Returns: its position.
    mutating func finish(_ candidates: inout Candidates) -> Int {
        guard case .adaptive(let target, _) = chain.ending else { return candidates.draw(&chance) }
        candidates.normalize()
        guard target >= 0, let aim = adaptive?.aim else { return candidates.drawByProbability(&chance) }
        candidates.favour(aim, originals: &originals)
        let position = candidates.drawByProbability(&chance)
        adaptive?.pending = (candidates.items[position].token, originals[position])
        return position
    }
}

extension Candidates {
    /// Changes the logit of one token, if it is among the candidates.
    mutating func change(_ token: Int32, _ change: (Float) -> Float) {
        guard let index = items.firstIndex(where: { $0.token == token }) else { return }
        let logit = change(items[index].logit)
        isSorted = false
        if logit > -.infinity || items.count == 1 {
            items[index].logit = max(logit, -.greatestFiniteMagnitude)
        } else {
            items.remove(at: index)
            impossible += 1
        }
    }

    mutating func changeAll(_ change: (Int32, Float) -> Float) {
        for index in items.indices { items[index].logit = change(items[index].token, items[index].logit) }
        isSorted = false
    }
}
