/// The samplers that take candidates away. Each one means what llama.cpp's of that name means (`src/llama-sampler.cpp`).
extension Candidates {
    /// Keeps the likeliest.
    mutating func keepTop(_ wanted: Int) {
        guard wanted > 0 else { return }
        sort()
        let kept = min(wanted, listed)
        keepFirst(kept)
        impossible = kept - count
    }

    /// Keeps the likeliest whose probabilities add up to `share` (nucleus sampling, Holtzman et al. 2019).
    ///
    /// - Parameters:
    ///   - share: 0 to 1.
    ///   - keepMin: how many are kept at least.
    ///   - total: the sum of e^(logit - largest) where more tokens count than these candidates.
    mutating func keepNucleus(_ share: Float, keepMin: Int, total: Double? = nil) {
        guard share < 1 else { return }
        if let total { normalize(total: total) } else { normalize() }
        sort()
        var sum = Float(0)
        for index in items.indices {
            sum += items[index].probability
            if sum >= share && index + 1 >= keepMin {
                keepFirst(index + 1)
                impossible = 0
                return
            }
        }
        if sum >= share { impossible = min(impossible, max(0, keepMin - count)) }
    }

    /// Keeps those at least `share` as likely as the likeliest.
    mutating func keepNearBest(_ share: Float, keepMin: Int) {
        guard share > 0, !items.isEmpty else { return }
        let bound = items[largest].logit + Exponential.logarithm(share)
        let near = items.count { $0.logit >= bound }
        if near >= max(keepMin, 1) {
            if isSorted { keepFirst(near) } else { items.removeAll { !($0.logit >= bound) } }
            impossible = 0
        } else {
            sort()
            let kept = min(max(near, keepMin, 1), listed)
            keepFirst(kept)
            impossible = kept - count
        }
    }

    /// Keeps those whose surprise is nearest to the expected one until they add up to `share` (locally typical sampling,
    /// Meister et al. 2022).
    mutating func keepTypical(_ share: Float, keepMin: Int) {
        guard share < 1, !items.isEmpty else { return }
        sort()
        normalize()
        var entropy = Float(0)
        for item in items where item.probability > 0 {
            entropy += -item.probability * Exponential.logarithm(item.probability)
        }
        // The surprise of a probability that rounds to 0 is infinite.
        var order = items.map { item in
            (distance: abs(-Exponential.logarithm(item.probability) - entropy), item: item)
        }
        order.sort { $0.distance < $1.distance }
        var sum = Float(0)
        var kept = order.count
        for index in order.indices {
            sum += order[index].item.probability
            if sum > share && (keepMin == 0 || index >= keepMin - 1) {
                kept = index + 1
                break
            }
        }
        items.removeAll(keepingCapacity: true)
        for entry in order.prefix(kept) { items.append(entry.item) }
        isSorted = false
        impossible = 0
    }

    /// Takes out the likeliest but for the last that is at least `threshold` likely (XTC, "exclude top choices", by
    /// p-e-w).
    mutating func excludeTop(threshold: Float, keepMin: Int) {
        sort()
        normalize()
        var last = 0
        for index in items.indices {
            guard items[index].probability >= threshold else { break }
            last = index
        }
        if last > 0 && listed - last >= keepMin { items.removeFirst(last) }
    }

    /// Makes impossible what lies more than `number` standard deviations below the best (top-n-sigma, Tang et al. 2024).
    mutating func keepWithinDeviations(_ number: Float) {
        guard number > 0, listed > 1, !items.isEmpty else { return }
        var sum = Float(0)
        for item in items { sum += item.logit }
        let mean = sum / Float(count)
        var squares = Float(0)
        for item in items { squares = Float(Double(squares) + Double(item.logit - mean) * Double(item.logit - mean)) }
        let bound = items[largest].logit - number * (squares / Float(count)).squareRoot()
        let all = listed
        items.removeAll { $0.logit < bound }
        impossible = all - count
    }
}
