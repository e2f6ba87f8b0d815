extension Candidates {
    /// Divides the logits; a temperature of 0 leaves only the best possible.
    mutating func heat(_ temperature: Float) {
        guard !items.isEmpty else { return }
        guard temperature > 0 else {
            let all = listed
            items = [items[largest]]
            impossible = all - 1
            return
        }
        for index in items.indices { items[index].logit /= temperature }
    }

    /// A temperature between `temperature` - `range` and + `range`, which follows the entropy of the candidates.
    mutating func heat(_ temperature: Float, range: Float, exponent: Float) {
        guard listed > 1, !items.isEmpty else { return }
        let coldest = max(0, temperature - range)
        let hottest = temperature + range
        let entropyMax = -Exponential.logarithm(1 / Float(listed))
        sort()
        normalize()
        var entropy = Float(0)
        for item in items where item.probability > 0 {
            entropy -= item.probability * Exponential.logarithm(item.probability)
        }
        heat(coldest + (hottest - coldest) * Exponential.power(entropy / entropyMax, exponent))
    }

    /// Draws by probability, with the arithmetic of llama.cpp's `dist`. Probabilities are left in the candidates.
    ///
    /// - Returns: the position of the chosen one.
    mutating func draw(_ chance: inout MersenneTwister) -> Int {
        let fraction = chance.fraction()
        guard items.count > 1 else {
            items[0].probability = 1
            return 0
        }
        let peak = items[largest].logit
        var sum = 0.0
        for index in items.indices {
            let share = Exponential.of(items[index].logit - peak)
            items[index].probability = share
            sum += Double(share)
        }
        let target = sum * fraction
        var run = 0.0
        var chosen: Int?
        for index in items.indices {
            run += Double(items[index].probability)
            if chosen == nil && run >= target { chosen = index }
            items[index].probability = Float(Double(items[index].probability) / sum)
        }
        return chosen ?? items.count - 1
    }

    /// Draws by the probabilities that stand in the candidates, with the arithmetic of `std::discrete_distribution`.
    ///
    /// - Returns: the position of the chosen one.
    func drawByProbability(_ chance: inout MersenneTwister) -> Int {
        guard listed > 1 else { return 0 }
        let fraction = chance.fraction()
        var sum = 0.0
        for item in items { sum += Double(item.probability) }
        var run = 0.0
        for index in items.indices {
            run += Double(items[index].probability) / sum
            if run >= fraction { return index }
        }
        return items.count - 1
    }
}
