/// Reads a regular expression in the flavour of ECMA-262 that JSON Schema's `pattern` uses.
///
/// Lazy quantifiers are read as greedy: the same texts match. What no automaton can do is refused by its name.
struct RegexParser {
    var cursor: TextCursor
    private let limits: GrammarLimits
    let isNarrow: Bool
    private var nesting = 0

    /// Groups within groups: each one becomes up to three levels of a grammar.
    private static let nestingMax = 64

    static func parse(
        _ text: String, limits: GrammarLimits, isNarrow: Bool = false
    ) throws(GrammarError) -> RegexNode {
        guard text.utf8.count <= limits.bytesMax else {
            throw GrammarError(.tooLarge, "The expression is longer than \(limits.bytesMax) bytes.")
        }
        var parser = RegexParser(cursor: TextCursor(text), limits: limits, isNarrow: isNarrow)
        let node = try parser.parseChoice()
        guard parser.cursor.isAtEnd else { throw parser.cursor.error("This “)” closes nothing.") }
        return node
    }

    private init(cursor: TextCursor, limits: GrammarLimits, isNarrow: Bool) {
        self.cursor = cursor
        self.limits = limits
        self.isNarrow = isNarrow
    }

    private mutating func parseChoice() throws(GrammarError) -> RegexNode {
        var branches = [try parseSequence()]
        while cursor.take(UInt8(ascii: "|")) { branches.append(try parseSequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func parseSequence() throws(GrammarError) -> RegexNode {
        var parts: [RegexNode] = []
        while !cursor.isAtEnd, cursor.next != UInt8(ascii: "|"), cursor.next != UInt8(ascii: ")") {
            let start = cursor.offset
            if let range = try takeQuantifier() {
                guard let last = parts.popLast(), last != .start, last != .end else {
                    throw cursor.error("There is nothing before this that could be repeated.", at: start)
                }
                if case .repetition = last {
                    throw cursor.error("A quantifier cannot follow a quantifier.", at: start)
                }
                parts.append(.repetition(last, min: range.min, max: range.max))
            } else {
                parts.append(try takeAtom())
            }
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func takeAtom() throws(GrammarError) -> RegexNode {
        switch cursor.next {
        case UInt8(ascii: "("): return try takeGroup()
        case UInt8(ascii: "["): return .set(try takeClass())
        case UInt8(ascii: "."):
            cursor.skip()
            return .set(RegexClass.lineEnds.inverted)
        case UInt8(ascii: "^"):
            cursor.skip()
            return .start
        case UInt8(ascii: "$"):
            cursor.skip()
            return .end
        case UInt8(ascii: "\\"): return .set(try takeEscape(inClass: false))
        default: return .set(ScalarSet(cursor.takeScalar() ?? 0))
        }
    }

    private mutating func takeGroup() throws(GrammarError) -> RegexNode {
        let start = cursor.offset
        guard nesting < Self.nestingMax else {
            throw cursor.error("Groups are nested deeper than \(Self.nestingMax).", kind: .tooLarge)
        }
        nesting += 1
        defer { nesting -= 1 }
        cursor.skip()
        let captures = try takeGroupKind(start)
        let inner = try parseChoice()
        guard cursor.take(UInt8(ascii: ")")) else {
            throw cursor.error("The group that opens here is never closed.", at: start)
        }
        return .group(inner, captures: captures)
    }

    /// What is behind the parenthesis, as in `(?:`. Returns whether the group captures.
    private mutating func takeGroupKind(_ start: Int) throws(GrammarError) -> Bool {
        guard cursor.take(UInt8(ascii: "?")) else { return true }
        let refused: [(StaticString, String)] = [
            ("=", "Look-ahead (?=…)"), ("!", "Negative look-ahead (?!…)"), ("<=", "Look-behind (?<=…)"),
            ("<!", "Negative look-behind (?<!…)"), (">", "The atomic group (?>…)"),
        ]
        for (text, name) in refused where cursor.starts(with: text) {
            throw cursor.error("\(name) cannot be enforced.", kind: .unsupported, at: start)
        }
        if cursor.take(UInt8(ascii: ":")) { return false }
        guard cursor.take(UInt8(ascii: "<")) else {
            throw cursor.error("Flags and this kind of group cannot be enforced.", kind: .unsupported, at: start)
        }
        while !cursor.isAtEnd, cursor.next != UInt8(ascii: ">") { cursor.skip() }
        guard cursor.take(UInt8(ascii: ">")) else {
            throw cursor.error("The group's name is never closed.", at: start)
        }
        return true
    }

    private mutating func takeQuantifier() throws(GrammarError) -> (min: Int, max: Int?)? {
        let start = cursor.offset
        let range: (min: Int, max: Int?)
        switch cursor.next {
        case UInt8(ascii: "*"): range = (0, nil)
        case UInt8(ascii: "+"): range = (1, nil)
        case UInt8(ascii: "?"): range = (0, 1)
        case UInt8(ascii: "{"): range = try takeCounts()
        default: return nil
        }
        if cursor.offset == start { cursor.skip() }
        _ = cursor.take(UInt8(ascii: "?"))
        guard max(range.min, range.max ?? 0) <= limits.repetitionsMax else {
            throw cursor.error(
                "Something is repeated more than \(limits.repetitionsMax) times.", kind: .tooLarge, at: start)
        }
        guard range.max.map({ $0 >= range.min }) ?? true else {
            throw cursor.error("The repetition's maximum is less than its minimum.", at: start)
        }
        return range
    }

    private mutating func takeCounts() throws(GrammarError) -> (min: Int, max: Int?) {
        let start = cursor.offset
        cursor.skip()
        guard let min = cursor.takeDecimal() else {
            throw cursor.error("“{” needs a number, or a backslash before it.", at: start)
        }
        if cursor.take(UInt8(ascii: "}")) { return (min, min) }
        guard cursor.take(UInt8(ascii: ",")) else { throw cursor.error("“,” or “}” is expected here.") }
        let max = cursor.takeDecimal()
        guard cursor.take(UInt8(ascii: "}")) else { throw cursor.error("“}” is expected here.") }
        return (min, max)
    }
}
