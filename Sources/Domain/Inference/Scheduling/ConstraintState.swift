import Grammar

/// What an answer must look like.
enum AnswerConstraint: Sendable {
    /// All of it, thinking included.
    case whole(Grammar)
    /// What follows the thinking.
    case answer(Grammar)
    /// What follows a trigger outside of the thinking, from the trigger on.
    case lazy(LazyGrammar)
    /// What follows the thinking, within lengths; any text without a grammar.
    case bounded(Grammar?, LengthBounds)
}

/// How far an answer has come in its constraint.
enum ConstraintState {
    /// Anything goes. Can go to: none.
    case free
    /// It begins when the thinking has ended. Can go to: the states below.
    case waits(AnswerConstraint)
    case active(GrammarMatcher)
    case lazy(LazyMatcher)
    case bounded(BoundedMatcher)

    /// - Parameters:
    ///   - constraint: what the request asks for.
    ///   - isThinking: the answer begins within thinking.
    /// - Throws: `GrammarError` when the lengths contradict each other.
    init(_ constraint: AnswerConstraint?, isThinking: Bool) throws(GrammarError) {
        switch constraint {
        case nil: self = .free
        case .whole(let grammar): self = .active(GrammarMatcher(grammar))
        case .some(let constraint): self = isThinking ? .waits(constraint) : try Self.begun(constraint)
        }
    }

    private static func begun(_ constraint: AnswerConstraint) throws(GrammarError) -> ConstraintState {
        switch constraint {
        case .whole(let grammar), .answer(let grammar): .active(GrammarMatcher(grammar))
        case .lazy(let grammar): .lazy(LazyMatcher(grammar))
        case .bounded(let grammar, let bounds): .bounded(try BoundedMatcher(grammar, bounds: bounds))
        }
    }

    /// The thinking has ended.
    mutating func begin() throws(GrammarError) {
        if case .waits(let constraint) = self { self = try Self.begun(constraint) }
    }

    /// Whether a token may come next; one that ends the answer has no bytes.
    func allows(_ bytes: [UInt8], isEnd: Bool) -> Bool {
        switch self {
        case .free, .waits: true
        case .active(let matcher): isEnd ? matcher.canEnd : matcher.allows(bytes)
        case .lazy(let matcher): isEnd ? matcher.canEnd : matcher.allows(bytes)
        case .bounded(let matcher): isEnd ? matcher.canEnd : matcher.allows(bytes)
        }
    }

    /// Whether anything may come, now and later.
    var isFree: Bool { if case .free = self { true } else { false } }

    /// Whether it is still to begin.
    var isWaiting: Bool { if case .waits = self { true } else { false } }

    /// Whether it says what thinking looks like.
    var holdsInThinking: Bool { if case .active = self { true } else { false } }

    /// Takes a token that is allowed, or that was forced.
    mutating func accept(_ bytes: [UInt8]) {
        switch self {
        case .free, .waits: break
        case .active(var matcher):
            _ = matcher.accept(bytes)
            self = .active(matcher)
        case .lazy(var matcher):
            _ = matcher.accept(bytes)
            self = .lazy(matcher)
        case .bounded(var matcher):
            _ = matcher.accept(bytes)
            self = .bounded(matcher)
        }
    }

    /// Nothing may follow.
    var mustEnd: Bool {
        switch self {
        case .free, .waits: false
        case .active(let matcher): matcher.mustEnd
        case .lazy(let matcher): matcher.mustEnd
        case .bounded(let matcher): matcher.mustEnd
        }
    }

    /// Whether the answer may end here.
    var canEnd: Bool {
        switch self {
        case .free: true
        case .waits: false
        case .active(let matcher): matcher.canEnd
        case .lazy(let matcher): matcher.canEnd
        case .bounded(let matcher): matcher.canEnd
        }
    }

    /// The tokens that may come next.
    ///
    /// - Parameters:
    ///   - mask: what is filled; of any size.
    ///   - trie: the vocabulary.
    /// - Throws: `GrammarError` when the grammar is too large to be followed.
    func fill(_ mask: inout TokenMask, from trie: TokenTrie) throws(GrammarError) {
        let error: GrammarError? =
            switch self {
            case .free, .waits: preconditionFailure("a free answer needs no mask")
            case .active(let matcher): matcher.fill(&mask, from: trie)
            case .lazy(let matcher): matcher.fill(&mask, from: trie)
            case .bounded(let matcher): matcher.fill(&mask, from: trie)
            }
        if let error { throw error }
    }
}
