/// The parameters of DRY, "don't repeat yourself", by p-e-w.
struct DryParameters: Sendable, Equatable {
    var multiplier: Float
    var base: Float
    var allowedLength: Int
    /// How many of the last tokens are looked at.
    var lastN: Int
}

/// Finds the tokens that would make a repetition longer, and how much DRY takes from each one's logit.
///
/// The same penalties as llama.cpp's sampler (`src/llama-sampler.cpp`), found from an index that grows by token.
struct DryPenalty: Sendable {
    private let breakers: SequenceBreakers
    private var index: RepeatIndex
    private var tokens: [Int32] { index.tokens }
    /// The last place of a breaker's head, and how many tokens after it belong to the breaker.
    private var lastBreaker: (place: Int, tail: Int)?

    init(_ tokens: [Int32], breakers: SequenceBreakers) {
        self.breakers = breakers
        index = RepeatIndex(tokens)
        for place in tokens.indices.reversed() {
            guard let tail = longestTail(at: place) else { continue }
            lastBreaker = (place, tail)
            break
        }
    }

    mutating func append(_ token: Int32) {
        index.append(token)
        // A head further back had all of its tail before.
        let first = max(lastBreaker?.place ?? 0, tokens.count - 1 - SequenceBreakers.tailMax)
        for place in stride(from: tokens.count - 1, through: first, by: -1) {
            guard let tail = longestTail(at: place) else { continue }
            lastBreaker = (place, tail)
            break
        }
    }

    private func longestTail(at place: Int) -> Int? {
        guard let tails = breakers.tails[tokens[place]] else { return nil }
        let rest = tokens[(place + 1)...]
        return tails.lazy.filter { rest.starts(with: $0) }.map(\.count).max()
    }

    /// What is taken from the logit of each token that would continue a repetition.
    func penalties(_ parameters: DryParameters, _ apply: (_ token: Int32, _ penalty: Float) -> Void) {
        let count = tokens.count
        let window = min(count, parameters.lastN)
        guard window > parameters.allowedLength else { return }
        let start = count - window
        var limit = window
        if let lastBreaker, lastBreaker.place >= start { limit = count - 1 - lastBreaker.place - lastBreaker.tail }
        guard limit >= parameters.allowedLength else { return }
        for (token, length) in repeats(start, limit, parameters.allowedLength) where !breakers.isBreaker(token) {
            var exponent = length - parameters.allowedLength
            if let exponentMax = Self.exponentMax(parameters.base) { exponent = min(exponent, exponentMax) }
            // `std::pow` of a float and an integer computes in double precision.
            let power = Exponential.power(Double(parameters.base), Double(exponent))
            apply(token, Float(Double(parameters.multiplier) * power))
        }
    }

    /// Beyond it the power would not fit into a float.
    private static func exponentMax(_ base: Float) -> Int? {
        guard base > 1.000001 else { return nil }
        let most = Int(88.722_839_1 / Exponential.logarithm(base))
        return most > 0 ? most : nil
    }

    /// The longest repetition that each token would continue.
    private func repeats(_ start: Int, _ limit: Int, _ allowed: Int) -> [Int32: Int] {
        var longest: [Int32: Int] = [:]
        func note(_ place: Int, _ length: Int) {
            let length = min(length, place - start + 1, limit)
            if length >= allowed { longest[tokens[place + 1]] = max(longest[tokens[place + 1]] ?? 0, length) }
        }
        if allowed <= 0 {
            // Then places without any equal token count, too.
            for place in start..<tokens.count - 1 { note(place, 0) }
        }
        index.forEachRepeat(from: start) { place, length in
            if place < tokens.count - 1 { note(place, length) }
        }
        return longest
    }
}
