/// An expression of `pattern` or `patternProperties`, read once.
struct PatternText: Sendable {
    let node: RegexNode
    private let grammar: Grammar

    init(_ text: String, place: String) throws(GrammarError) {
        do {
            node = try RegexParser.parse(text, limits: .standard, isNarrow: true)
            let body = try RegexLowering(isInsideJSON: false).contained(node)
            grammar = try Grammar(body, limits: .standard)
        } catch {
            throw GrammarError(
                error.kind, "This 'pattern' cannot be enforced: \(error.message)", place: place)
        }
    }

    /// Whether a match is somewhere in `text`.
    func matches(_ text: String) -> Bool {
        var matcher = GrammarMatcher(grammar)
        return matcher.accept(text.utf8) && matcher.canEnd
    }

    /// Whether no text matches both, as far as what they begin with tells: `^a` and `^b`.
    static func areDisjoint(_ left: String, _ right: String) -> Bool {
        guard let left = prefix(left), let right = prefix(right) else { return false }
        return zip(left, right).contains { $0 != $1 }
    }

    /// The plain characters behind `^`; `nil` without an anchor, or when there are branches.
    private static func prefix(_ text: String) -> [Unicode.Scalar]? {
        guard text.hasPrefix("^"), !text.contains("|") else { return nil }
        var result: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars.dropFirst() {
            guard scalar.properties.isAlphabetic || scalar == "_" || scalar == "-" || scalar == ":" else {
                // A quantifier speaks of the character before it.
                if scalar == "*" || scalar == "?" || scalar == "{" || scalar == "+" { _ = result.popLast() }
                break
            }
            result.append(scalar)
        }
        return result
    }
}

extension SchemaCompiler {
    /// Whether `text` matches an expression.
    mutating func matches(_ pattern: String, _ text: String, place: String) throws(GrammarError) -> Bool {
        try known(pattern, place: place).matches(text)
    }

    mutating func known(_ pattern: String, place: String) throws(GrammarError) -> PatternText {
        if let known = patternsKnown[pattern] { return known }
        let made = try PatternText(pattern, place: place)
        patternsKnown[pattern] = made
        return made
    }

    /// The rule of a JSON string that contains a match, with its quotation marks.
    mutating func pattern(_ pattern: String, place: String, name: String) throws(GrammarError) -> String {
        _ = try known(pattern, place: place)
        let inner: String
        do {
            inner = try Grammar.gbnf(regex: pattern, isAnchored: false, isInsideJSONString: true)
        } catch {
            throw GrammarError(error.kind, "This 'pattern' cannot be enforced: \(error.message)", place: place)
        }
        return text.rule(name, "\"\\\"\" (\(inner)) \"\\\"\"")
    }
}
