/// What makes a lazy grammar take effect.
public enum LazyTrigger: Sendable, Equatable {
    /// This text, wherever it appears.
    case word(String)
    /// A match of a regular expression, wherever it ends, or from the text's beginning on with `^`. The grammar's text
    /// begins with the
    /// first capturing group that is not inside another part, else with the match.
    case pattern(String)
    /// This token.
    case token(Int32)
}

/// A grammar that takes effect once a text comes to one of its triggers. Compiled once, for any number of
/// `LazyMatcher`s.
public struct LazyGrammar: Sendable {
    let grammar: Grammar
    let triggers: [Trigger]
    let tokens: Set<Int32>
    /// Is complete whenever a trigger is; `nil` without triggers in text.
    let detector: Grammar?

    struct Trigger: Sendable {
        /// What ends where the grammar's text begins; `nil` if it may begin anywhere.
        var before: Grammar?
        /// What the grammar's text begins with.
        var body: Grammar
        /// The body's length, if all its texts have the same.
        var length: Int?
    }

    /// - Parameters:
    ///   - grammar: for the text from a trigger's beginning on: it has to allow the trigger itself.
    ///   - triggers: at least one.
    ///   - limits: for the triggers' patterns.
    /// - Throws: `GrammarError` for a pattern that cannot be used, and for a trigger that is no text at all.
    public init(
        _ grammar: Grammar, triggers: [LazyTrigger], limits: GrammarLimits = .standard
    ) throws(GrammarError) {
        guard !triggers.isEmpty else { throw GrammarError(.syntax, "A lazy grammar needs a trigger.") }
        self.grammar = grammar
        var compiled: [Trigger] = []
        var ways: [Element] = []
        var tokens: Set<Int32> = []
        for trigger in triggers {
            switch trigger {
            case .token(let id): tokens.insert(id)
            case .word(let word):
                let bytes = Array(word.utf8)
                let body = Element.literal(bytes)
                ways.append(.sequence([.repetition(.anyByte, min: 0, max: nil), body]))
                compiled.append(Trigger(before: nil, body: try Grammar(body, limits: limits), length: bytes.count))
            case .pattern(let pattern):
                let node = try RegexParser.parse(pattern, limits: limits)
                ways.append(try RegexLowering(isInsideJSON: false).trailing(node))
                compiled.append(try Self.trigger(node, limits))
            }
        }
        self.tokens = tokens
        self.triggers = compiled
        detector = ways.isEmpty ? nil : try Grammar(.either(ways), limits: limits)
        if let detector, GrammarMatcher(detector).canEnd {
            throw GrammarError(.syntax, "A trigger must not be empty, or match the empty text.")
        }
    }

    private static func trigger(_ node: RegexNode, _ limits: GrammarLimits) throws(GrammarError) -> Trigger {
        let lowering = RegexLowering(isInsideJSON: false)
        var parts: [RegexNode] = [node]
        if case .sequence(let sequence) = node { parts = sequence }
        let isCapture = { (part: RegexNode) in
            if case .group(_, captures: true) = part { true } else { false }
        }
        let start = parts.firstIndex(where: isCapture) ?? (parts.first == .start ? 1 : 0)
        let body = Element.joined([try lowering.whole(.sequence(Array(parts[start...])))])
        let before: Grammar? =
            start == 0 ? nil : try Grammar(try lowering.trailing(.sequence(Array(parts[..<start]))), limits: limits)
        return Trigger(before: before, body: try Grammar(body, limits: limits), length: nil)
    }
}

extension LazyGrammar {
    /// Where the grammar's text begins in a text whose last byte completed a trigger: as early as possible.
    func start(in text: [UInt8]) -> Int? {
        triggers.compactMap { $0.start(in: text) }.min()
    }
}

extension LazyGrammar.Trigger {
    fileprivate func start(in text: [UInt8]) -> Int? {
        if let length {
            guard text.count >= length else { return nil }
            return matches(text[(text.count - length)...]) ? text.count - length : nil
        }
        guard let before else { return text.indices.first { matches(text[$0...]) } }
        var matcher = GrammarMatcher(before)
        for index in text.indices {
            if matcher.canEnd, matches(text[index...]) { return index }
            guard matcher.accept(CollectionOfOne(text[index])) else { return nil }
        }
        return nil
    }

    private func matches(_ text: ArraySlice<UInt8>) -> Bool {
        var matcher = GrammarMatcher(body)
        return matcher.accept(text) && matcher.canEnd
    }
}
