/// Finds where a sequence's last tokens came before, and guesses that what followed there follows again. Pure.
///
/// Keeps chains of positions with equal hashes, as LZ77's encoders do, and looks at the latest of them. Taking in a token
/// costs some nanoseconds, a look-up at most `triesMax` comparisons. Source of the idea: A. Saxena, "Prompt Lookup
/// Decoding", 2023.
struct PromptLookup: Sendable {
    /// What followed the longest of the places that were found.
    struct Match: Equatable {
        let tokens: [Int32]
        /// Tokens that agree there, at most `lengthMax`.
        let length: Int
    }

    /// Places that are compared in one look-up.
    static let triesMax = 16
    /// Tokens that are compared at one place.
    static let lengthMax = 32

    /// Tokens that must agree.
    let matchMin: Int
    /// The last position after each hash; -1 for none.
    private var heads: [Int32] = []
    /// For each position the one before it after the same hash; -1 for none.
    private var links: [Int32] = []

    /// - Parameter matchMin: tokens that must agree, at least 1.
    init(matchMin: Int) { self.matchMin = max(1, matchMin) }

    /// Looks the end of a sequence up in the sequence itself.
    ///
    /// - Parameters:
    ///   - tokens: the sequence; what was taken in before is still its beginning, or fewer tokens are left.
    ///   - countMax: tokens to guess at most. A text that repeats itself up to its end goes on repeating.
    /// - Returns: `nil` when the last tokens are new.
    mutating func find(in tokens: [Int32], countMax: Int) -> Match? {
        takeIn(tokens)
        guard tokens.count > matchMin, countMax > 0 else { return nil }
        var place = Int(heads[slot(before: tokens.count, in: tokens)])
        var best: (place: Int, length: Int)?
        for _ in 0..<Self.triesMax where place >= 0 {
            let length = agreement(of: place, in: tokens)
            if length >= matchMin, length > best?.length ?? 0 { best = (place, length) }
            if length >= Self.lengthMax { break }
            place = Int(links[place])
        }
        guard let best else { return nil }
        var guess: [Int32] = []
        guess.reserveCapacity(countMax)
        let period = tokens.count - best.place
        for offset in 0..<countMax {
            let token = offset < period ? tokens[best.place + offset] : guess[offset - period]
            // What is no token of the vocabulary, such as a picture's place, cannot be guessed.
            if token < 0 { break }
            guess.append(token)
        }
        return guess.isEmpty ? nil : Match(tokens: guess, length: best.length)
    }

    private mutating func takeIn(_ tokens: [Int32]) {
        // A sequence that lost tokens is another one: places verify themselves, but there must be none beyond its end.
        if links.count > tokens.count || heads.isEmpty || heads.count < tokens.count {
            links.removeAll(keepingCapacity: true)
            var size = 1_024
            while size < 2 * tokens.count { size *= 2 }
            heads = [Int32](repeating: -1, count: size)
        }
        for place in links.count..<tokens.count {
            guard place >= matchMin else {
                links.append(-1)
                continue
            }
            let slot = slot(before: place, in: tokens)
            links.append(heads[slot])
            heads[slot] = Int32(place)
        }
    }

    /// Where the tokens before a position have their chain.
    private func slot(before place: Int, in tokens: [Int32]) -> Int {
        var hash: UInt64 = 0
        for index in place - matchMin..<place {
            // Knuth's multiplicative hashing; the factor is 2^64 over the golden ratio.
            hash = (hash ^ UInt64(UInt32(bitPattern: tokens[index]))) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        return Int(truncatingIfNeeded: hash >> 20) & (heads.count - 1)
    }

    /// How many tokens before a place are those at the end.
    private func agreement(of place: Int, in tokens: [Int32]) -> Int {
        let end = tokens.count
        let most = min(Self.lengthMax, place)
        var length = 0
        while length < most, tokens[place - 1 - length] == tokens[end - 1 - length] { length += 1 }
        return length
    }
}
