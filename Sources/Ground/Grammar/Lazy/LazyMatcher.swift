/// How far a text has come in a lazy grammar: anything goes until a trigger is complete, then only what the grammar
/// allows from the
/// trigger's beginning on. A trigger may be spread over several tokens, and a token may go on behind it.
public struct LazyMatcher: Sendable {
    private enum Phase {
        /// No trigger so far. The detector is `nil` when none can come any more. Can transition to: active.
        case waiting(detector: GrammarMatcher?)
        /// Terminal.
        case active(GrammarMatcher)
    }

    private let plan: LazyGrammar
    private var phase: Phase
    /// What was read while waiting: where a pattern may have begun.
    private var text: [UInt8] = []

    /// Bytes that are remembered while waiting. A match that began before them counts from there on.
    static let textMax = 1 << 16

    public init(_ plan: LazyGrammar) {
        self.plan = plan
        phase = .waiting(detector: plan.detector.map { GrammarMatcher($0) })
    }

    /// Whether a trigger was complete.
    public var activated: Bool { active != nil }

    /// The grammar's matcher, once it is active.
    public var active: GrammarMatcher? {
        if case .active(let matcher) = phase { matcher } else { nil }
    }

    public var canEnd: Bool { active?.canEnd ?? true }
    public var mustEnd: Bool { active?.mustEnd ?? false }
    public var isOver: Bool { active?.isOver ?? false }
    public var failure: GrammarError? { active?.failure }

    /// Adds bytes to the text. Returns false if the grammar, already active or activated by them, does not allow them;
    /// the text stays
    /// as it was.
    public mutating func accept(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        switch phase {
        case .active(var matcher):
            let isAccepted = matcher.accept(bytes)
            phase = .active(matcher)
            return isAccepted
        case .waiting(let detector): return wait(bytes, detector)
        }
    }

    /// Adds a token to the text. One that is a trigger activates the grammar, which has to allow it: as its bytes, or
    /// by its id.
    public mutating func accept(token: Int32, bytes: [UInt8]) -> Bool {
        switch phase {
        case .active(var matcher):
            let isAccepted = matcher.accept(token: token, bytes: bytes)
            phase = .active(matcher)
            return isAccepted
        case .waiting(let detector):
            guard plan.tokens.contains(token) else { return wait(bytes, detector) }
            var matcher = GrammarMatcher(plan.grammar)
            guard matcher.accept(token: token, bytes: bytes) else { return false }
            activate(matcher)
            return true
        }
    }

    /// Whether these bytes may follow.
    public func allows(_ bytes: some Sequence<UInt8>) -> Bool {
        var copy = self
        return copy.accept(bytes)
    }

    private mutating func activate(_ matcher: GrammarMatcher) {
        phase = .active(matcher)
        text = []
    }

    private mutating func wait(_ bytes: [UInt8], _ detector: GrammarMatcher?) -> Bool {
        guard var detector else { return true }
        for (index, byte) in bytes.enumerated() {
            guard detector.accept(CollectionOfOne(byte)) else {
                phase = .waiting(detector: nil)
                text = []
                return true
            }
            guard detector.canEnd else { continue }
            let read = text + bytes[...index]
            guard let start = plan.start(in: read) else { continue }
            var matcher = GrammarMatcher(plan.grammar)
            guard matcher.accept(read[start...]), matcher.accept(bytes[(index + 1)...]) else { return false }
            activate(matcher)
            return true
        }
        text += bytes
        // Cut off seldom, so that each byte is moved once.
        if text.count > 2 * Self.textMax { text.removeFirst(text.count - Self.textMax) }
        phase = .waiting(detector: detector)
        return true
    }

    /// Finds which tokens may come next, as `GrammarMatcher.fill` does. While waiting, every token may, except one
    /// that completes a
    /// trigger and then goes on as the grammar does not allow.
    ///
    /// - Parameters:
    ///   - mask: for the vocabulary of `trie`; what it held is replaced.
    ///   - trie: the vocabulary.
    /// - Returns: why some tokens could not be looked at, or that nothing can follow; else `nil`.
    @discardableResult public func fill(_ mask: inout TokenMask, from trie: TokenTrie) -> GrammarError? {
        guard case .waiting(let detector) = phase else { return active?.fill(&mask, from: trie) }
        if mask.tokenCount != trie.tokenCount { mask = TokenMask(tokenCount: trie.tokenCount) }
        var error: GrammarError?
        if let detector {
            error = fill(&mask, from: trie, detector)
        } else {
            mask.copyWords(trie.ordinary.words)
        }
        for token in trie.endTokens { mask.insert(token) }
        for token in plan.tokens {
            var matcher = GrammarMatcher(plan.grammar)
            let bytes = trie.tokenBytes(token)
            if matcher.accept(token: token, bytes: bytes) { mask.insert(token) } else { mask.remove(token) }
        }
        return error
    }

    private func fill(
        _ mask: inout TokenMask, from trie: TokenTrie, _ detector: GrammarMatcher
    ) -> GrammarError? {
        var detector = detector
        detector.makeRoom()
        if let words = detector.automaton.withStates({ [state = detector.state] in $0.masks.words(state, trie) }) {
            mask.copyWords(words)
            return nil
        }
        var allowed = trie.ordinary
        let found = detector.completions(in: trie)
        for completion in found.nodes {
            let bytes = trie.pathBytes(completion)
            var copy = self
            let isAccepted = copy.accept(bytes)
            for rank in trie.ranks(under: completion) {
                let token = trie.sorted[rank]
                let rest = trie.tokenBytes(token).dropFirst(bytes.count)
                if !isAccepted || !copy.allows(rest) { allowed.remove(token) }
            }
        }
        mask.copyWords(allowed.words)
        // What a pattern's grammar reads depends on the text before, unless no token completes one.
        if found.isWhole, found.nodes.isEmpty || plan.triggers.allSatisfy({ $0.length != nil }) {
            detector.automaton.withStates { [state = detector.state] states in
                states.masks.store(allowed.words, state, trie, entriesMax: states.limits.masksMax)
            }
        }
        return found.isWhole ? nil : Grammar.tooLarge
    }
}
