/// A matcher that also keeps a text within bounds of length: a token is allowed when grammar and bounds both allow it.
///
/// What the grammar needs to come to its end is reserved: the text never grows so long that it could not be completed
/// within
/// `charactersMax`, nor takes a way that must end before `charactersMin`. Not foreseen are the words that a grammar
/// will need, and
/// lengths between the shortest and the longest that it happens to skip: there `fill` may find that nothing can
/// follow, and says so.
public struct BoundedMatcher: Sendable {
    public let bounds: LengthBounds
    private(set) var matcher: GrammarMatcher
    private(set) var counter = LengthCounter()

    /// - Parameters:
    ///   - grammar: what the text must look like; `nil` is any text.
    ///   - bounds: how long it may be.
    /// - Throws: `GrammarError` if no text is within the bounds, or no sentence of the grammar is.
    public init(_ grammar: Grammar?, bounds: LengthBounds) throws(GrammarError) {
        try bounds.validate()
        self.bounds = bounds
        matcher = GrammarMatcher(
            try grammar ?? Grammar(.repetition(.anyCharacter, min: 0, max: nil), limits: .standard))
        let (shortest, longest) = matcher.lengths
        if let max = bounds.charactersMax, shortest > max {
            throw GrammarError(
                .unresolved, "The shortest answer has \(shortest) characters, and at most \(max) are allowed.")
        }
        if let min = bounds.charactersMin, longest < min {
            throw GrammarError(
                .unresolved, "The longest answer has \(longest) characters, and at least \(min) are needed.")
        }
    }

    /// Whether the text so far is a whole sentence within the bounds.
    public var canEnd: Bool { matcher.canEnd && counter.mayEnd(bounds) }
    /// Whether nothing more may follow.
    public var mustEnd: Bool { matcher.mustEnd }
    /// Whether the text is complete and cannot go on, or cannot be looked at any further.
    public var isOver: Bool { matcher.isOver }
    /// Set once a text was refused because of the grammar's limits, not because of its rules.
    public var failure: GrammarError? { matcher.failure }

    /// Adds bytes to the text, if grammar and bounds allow them all; else returns false and the text stays as it was.
    public mutating func accept(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        return advance(bytes) { $0.accept(bytes) }
    }

    /// Adds a token to the text, as `GrammarMatcher.accept(token:bytes:)` does.
    public mutating func accept(token: Int32, bytes: [UInt8]) -> Bool {
        advance(bytes) { $0.accept(token: token, bytes: bytes) }
    }

    /// Whether these bytes may follow.
    public func allows(_ bytes: some Sequence<UInt8>) -> Bool {
        var copy = self
        return copy.accept(bytes)
    }

    private mutating func advance(_ bytes: [UInt8], _ accept: (inout GrammarMatcher) -> Bool) -> Bool {
        var copy = self
        guard accept(&copy.matcher) else {
            matcher = copy.matcher
            return false
        }
        for byte in bytes { copy.counter.count(byte) }
        let (shortest, longest) = copy.matcher.lengths
        guard copy.counter.isWithin(bounds, shortest: shortest, longest: longest) else { return false }
        self = copy
        return true
    }

    /// Finds which tokens may come next, as `GrammarMatcher.fill` does.
    ///
    /// - Parameters:
    ///   - mask: for the vocabulary of `trie`; what it held is replaced.
    ///   - trie: the vocabulary.
    /// - Returns: why some tokens could not be looked at, or that nothing can follow; else `nil`.
    @discardableResult public func fill(_ mask: inout TokenMask, from trie: TokenTrie) -> GrammarError? {
        var error = matcher.fill(&mask, from: trie)
        if !isFar(trie) { error = narrow(&mask, trie) ?? error }
        for token in trie.endTokens {
            if canEnd { mask.insert(token) } else { mask.remove(token) }
        }
        return error ?? (mask.isEmpty ? GrammarMatcher.stuck : nil)
    }

    /// Whether no token can reach a bound.
    private func isFar(_ trie: TokenTrie) -> Bool {
        let (shortest, longest) = matcher.lengthsMet
        let growth = trie.depthMax
        if let max = bounds.wordsMax, counter.words + growth / 2 + 1 > max { return false }
        if let max = bounds.charactersMax {
            let (sum, overflows) = counter.characters.addingReportingOverflow(
                growth + Swift.max(shortest, counter.charactersFor(bounds)))
            if overflows || sum > max { return false }
        }
        if let min = bounds.charactersMin, counter.characters + longest < min { return false }
        return true
    }

    /// Takes tokens out of a grammar's mask that the bounds do not allow.
    private func narrow(_ mask: inout TokenMask, _ trie: TokenTrie) -> GrammarError? {
        var walk = BoundedWalk(trie, bounds: bounds, counter: counter)
        return walk.run(matcher, mask: &mask)
    }
}
