extension Candidates {
    /// Candidates among which common beginnings are looked for. Truncating samplers come first, so there are few.
    private static let mergedMax = 1_024

    /// Chooses between ending and going on for text that fills a gap: ends when ending is likely enough, joins tokens of
    /// which one begins with the other, and drops what is unlikely.
    ///
    /// Source: `llama_sampler_infill_apply` of llama.cpp. Differs from it in: beyond 1024 candidates, none are joined.
    mutating func infill(_ vocabulary: SamplerVocabulary) {
        guard !items.isEmpty else { return }
        sort()
        normalize()
        let ends = vocabulary.endTokens
        var endShare = Float(0)
        var textShare = Float(0)
        for item in items {
            if ends.contains(item.token) { endShare += item.probability } else { textShare += item.probability }
        }
        if 3 * endShare * Float(listed) > textShare {
            items.removeAll { !ends.contains($0.token) }
            impossible = 0
            return
        }
        if count <= Self.mergedMax { mergeBeginnings(vocabulary) }
        let texts = dropBelow(0.2, ends)
        guard texts > 0 else {
            guard let end = vocabulary.endOfTurn ?? ends.min() else { return }
            items = [Candidate(token: end, logit: 1, probability: 1)]
            return
        }
        let sum = items.reduce(Float(0)) { $0 + $1.probability }
        for index in items.indices { items[index].probability /= sum }
        _ = dropBelow(Float(1.0 / Double(texts + 1)), ends)
        items.removeAll { $0.logit == -.infinity }
    }

    /// - Returns: how many are left that do not end the text.
    private mutating func dropBelow(_ bound: Float, _ ends: Set<Int32>) -> Int {
        items.removeAll { $0.probability < bound && !ends.contains($0.token) }
        impossible = 0
        return items.count { !ends.contains($0.token) }
    }

    /// Gives the probability of a token to a likelier one when one of the two begins with the other.
    private mutating func mergeBeginnings(_ vocabulary: SamplerVocabulary) {
        let pieces = items.map { vocabulary.piece($0.token, false) }
        for first in items.indices {
            for second in items.indices where first != second && items[second].logit > -.infinity {
                guard items[first].logit > -.infinity else { break }
                guard !pieces[first].isEmpty, pieces[second].starts(with: pieces[first]) else { continue }
                let swaps = items[second].probability > items[first].probability
                let (target, source) = swaps ? (second, first) : (first, second)
                items[target].probability += items[source].probability
                items[source].logit = -.infinity
                items[source].probability = 0
            }
        }
    }
}
