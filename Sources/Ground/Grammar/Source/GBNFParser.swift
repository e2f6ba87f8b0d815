/// Reads GBNF, llama.cpp's notation of grammars.
///
/// Source: llama.cpp, `grammars/README.md` and `llama_grammar_parser`. Differs from it in: a rule that is defined
/// twice and an
/// empty class are refused, `_` is part of names, and `{m,n}` keeps its numbers however large.
struct GBNFParser {
    /// The id of the token with exactly this text, as in `<think>`.
    typealias TokenLookup = (String) -> Int32?
    /// Repetitions of a repetition, as in `a?*`: each one is a level of nesting.
    private static let quantifiersMax = 4

    private var cursor: TextCursor
    private let limits: GrammarLimits
    private let token: TokenLookup?
    private var bodies: [Element?] = []
    private var names: [String] = []
    private var ids: [String: Int] = [:]
    /// Where each rule was first mentioned.
    private var mentions: [Int] = []
    private var nesting = 0

    /// The rules of a text, with `root` at the index that is told.
    static func rules(
        _ text: String, limits: GrammarLimits, token: TokenLookup?
    ) throws(GrammarError) -> (rules: [Rule], root: Int) {
        guard text.utf8.count <= limits.bytesMax else {
            throw GrammarError(.tooLarge, "The grammar is longer than \(limits.bytesMax) bytes.")
        }
        var parser = GBNFParser(cursor: TextCursor(text), limits: limits, token: token)
        return try parser.parse()
    }

    private init(cursor: TextCursor, limits: GrammarLimits, token: TokenLookup?) {
        self.cursor = cursor
        self.limits = limits
        self.token = token
    }

    private mutating func parse() throws(GrammarError) -> (rules: [Rule], root: Int) {
        skipSpace(newlines: true)
        while !cursor.isAtEnd { try parseRule() }
        var rules: [Rule] = []
        for (index, name) in names.enumerated() {
            guard let body = bodies[index] else { throw undefined(name, mention: mentions[index]) }
            rules.append(Rule(name: name, body: body))
        }
        guard let root = ids["root"] else {
            throw GrammarError(.unresolved, "The grammar has no rule named root, which is where it starts.")
        }
        return (rules, root)
    }

    private func undefined(_ name: String, mention: Int) -> GrammarError {
        let defined = names.indices.lazy.filter { bodies[$0] != nil }.map { names[$0] }
        let close = Spelling.closest(to: name, among: defined)
        let hint = close.map { " Did you mean \($0)?" } ?? ""
        return cursor.error("The rule \(name) is not defined.\(hint)", kind: .unresolved, at: mention)
    }

    private mutating func parseRule() throws(GrammarError) {
        let start = cursor.offset
        guard let name = takeName() else { throw cursor.error("A rule's name is expected here.") }
        skipSpace(newlines: false)
        guard cursor.starts(with: "::=") else { throw cursor.error("“::=” is expected after the name \(name).") }
        cursor.skip(3)
        skipSpace(newlines: true)
        let index = try index(of: name, at: start)
        guard bodies[index] == nil else { throw cursor.error("The rule \(name) is defined twice.", at: start) }
        bodies[index] = try parseChoice(nested: false)
        guard cursor.isAtEnd || cursor.next == 0x0A || cursor.next == 0x0D else {
            throw cursor.error("\(described(cursor.next)) is not expected here: a rule ends with its line.")
        }
        skipSpace(newlines: true)
    }

    private mutating func index(of name: String, at offset: Int) throws(GrammarError) -> Int {
        if let known = ids[name] { return known }
        guard names.count < limits.rulesMax else {
            throw cursor.error("The grammar has more than \(limits.rulesMax) rules.", kind: .tooLarge, at: offset)
        }
        ids[name] = names.count
        names.append(name)
        bodies.append(nil)
        mentions.append(offset)
        return names.count - 1
    }

    private mutating func parseChoice(nested: Bool) throws(GrammarError) -> Element {
        var alternatives = [try parseSequence(nested: nested)]
        while cursor.take(UInt8(ascii: "|")) {
            skipSpace(newlines: true)
            alternatives.append(try parseSequence(nested: nested))
        }
        return .either(alternatives)
    }

    private mutating func parseSequence(nested: Bool) throws(GrammarError) -> Element {
        var parts: [Element] = []
        var quantifiers = 0
        while !cursor.isAtEnd {
            if let range = try takeQuantifier(nested: nested, hasTarget: !parts.isEmpty) {
                quantifiers += 1
                guard quantifiers <= Self.quantifiersMax else {
                    throw cursor.error("Too many repetitions of the same thing in a row.", kind: .tooLarge)
                }
                let last = parts.removeLast()
                parts.append(.repetition(last, min: range.min, max: range.max))
            } else if let part = try takePart() {
                quantifiers = 0
                parts.append(part)
            } else {
                break
            }
            skipSpace(newlines: nested)
        }
        return .joined(parts)
    }

    private mutating func takePart() throws(GrammarError) -> Element? {
        switch cursor.next {
        case UInt8(ascii: "\""): return .literal(try takeLiteral())
        case UInt8(ascii: "["): return .characters(try takeClass())
        case UInt8(ascii: "."):
            cursor.skip()
            return .anyCharacter
        case UInt8(ascii: "<"), UInt8(ascii: "!"): return try takeToken()
        case UInt8(ascii: "("): return try takeGroup()
        default:
            let start = cursor.offset
            guard let name = takeName() else { return nil }
            return .rule(try index(of: name, at: start))
        }
    }

    private mutating func takeGroup() throws(GrammarError) -> Element {
        let start = cursor.offset
        guard nesting < limits.nestingMax else {
            throw cursor.error("Parentheses are nested deeper than \(limits.nestingMax).", kind: .tooLarge)
        }
        nesting += 1
        defer { nesting -= 1 }
        cursor.skip()
        skipSpace(newlines: true)
        let inner = try parseChoice(nested: true)
        guard cursor.take(UInt8(ascii: ")")) else {
            if cursor.isAtEnd { throw cursor.error("The parenthesis that opens here is never closed.", at: start) }
            throw cursor.error("\(described(cursor.next)) is not expected here, inside parentheses.")
        }
        return inner
    }

    private mutating func takeLiteral() throws(GrammarError) -> [UInt8] {
        let start = cursor.offset
        cursor.skip()
        var bytes: [UInt8] = []
        while !cursor.take(UInt8(ascii: "\"")) {
            let place = cursor.offset
            guard let scalar = try takeCharacter() else {
                throw cursor.error("The text that opens here is never closed.", at: start)
            }
            guard Unicode.Scalar(scalar) != nil else {
                throw cursor.error("This escape is not a character of Unicode.", at: place)
            }
            bytes += ScalarSet.bytes(scalar)
        }
        return bytes
    }

    private mutating func takeClass() throws(GrammarError) -> ScalarSet {
        let start = cursor.offset
        cursor.skip()
        let isNegated = cursor.take(UInt8(ascii: "^"))
        var ranges: [ClosedRange<UInt32>] = []
        while !cursor.take(UInt8(ascii: "]")) {
            let place = cursor.offset
            guard let low = try takeCharacter() else {
                throw cursor.error("The class that opens here is never closed.", at: start)
            }
            var high = low
            if cursor.next == UInt8(ascii: "-"), cursor.peek(1) != UInt8(ascii: "]") {
                cursor.skip()
                guard let end = try takeCharacter() else {
                    throw cursor.error("The class that opens here is never closed.", at: start)
                }
                high = end
            }
            guard low <= high, high <= ScalarSet.last else {
                throw cursor.error("The range ends before it begins, or beyond Unicode.", at: place)
            }
            ranges.append(low...high)
        }
        guard !ranges.isEmpty else { throw cursor.error("The class is empty.", at: start) }
        return isNegated ? ScalarSet(ranges).inverted : ScalarSet(ranges)
    }

    /// One character of a literal or a class, or `nil` at the end of the text.
    private mutating func takeCharacter() throws(GrammarError) -> UInt32? {
        guard cursor.next == UInt8(ascii: "\\") else { return cursor.takeScalar() }
        let start = cursor.offset
        cursor.skip()
        let kind = cursor.next
        if let digits = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][kind] {
            cursor.skip()
            if let value = cursor.takeHexadecimal(digits) { return value }
            throw cursor.error("This escape needs \(digits) hexadecimal digits.", at: start)
        }
        let plain: UInt32? =
            switch kind {
            case UInt8(ascii: "n"): 0x0A
            case UInt8(ascii: "r"): 0x0D
            case UInt8(ascii: "t"): 0x09
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "-"),
                UInt8(ascii: "^"):
                UInt32(kind)
            default: nil
            }
        guard !cursor.isAtEnd else { throw cursor.error("The text ends inside an escape.", at: start) }
        guard let plain else { throw cursor.error("There is no such escape.", at: start) }
        cursor.skip()
        return plain
    }

    /// `<think>`, `<[1000]>`, and both with `!` before.
    private mutating func takeToken() throws(GrammarError) -> Element {
        let start = cursor.offset
        let isExcluded = cursor.take(UInt8(ascii: "!"))
        guard cursor.take(UInt8(ascii: "<")) else { throw cursor.error("A token such as <[1]> is expected after “!”.") }
        if cursor.take(UInt8(ascii: "[")) {
            guard let id = cursor.takeDecimal(), cursor.take(UInt8(ascii: "]")), cursor.take(UInt8(ascii: ">")) else {
                throw cursor.error("A token's number looks like <[1000]>.", at: start)
            }
            return .token(Int32(id), isExcluded: isExcluded)
        }
        let from = cursor.offset - 1
        while !cursor.isAtEnd, cursor.next != UInt8(ascii: ">"), cursor.next != 0x0A { cursor.skip() }
        guard cursor.take(UInt8(ascii: ">")) else { throw cursor.error("The token's name is never closed.", at: start) }
        let text = String(decoding: cursor.bytes[from..<cursor.offset], as: UTF8.self)
        guard let token else {
            throw cursor.error(
                "The token \(text) cannot be looked up here: no vocabulary is known.", kind: .unsupported, at: start)
        }
        guard let id = token(text) else {
            throw cursor.error("\(text) is not one token of the vocabulary.", kind: .unresolved, at: start)
        }
        return .token(id, isExcluded: isExcluded)
    }

    private mutating func takeQuantifier(
        nested: Bool, hasTarget: Bool
    ) throws(GrammarError) -> (min: Int, max: Int?)? {
        let start = cursor.offset
        let range: (min: Int, max: Int?)
        switch cursor.next {
        case UInt8(ascii: "*"): range = (0, nil)
        case UInt8(ascii: "+"): range = (1, nil)
        case UInt8(ascii: "?"): range = (0, 1)
        case UInt8(ascii: "{"): range = try takeCounts(nested: nested)
        default: return nil
        }
        if cursor.offset == start { cursor.skip() }
        guard hasTarget else { throw cursor.error("There is nothing before this that could be repeated.", at: start) }
        guard max(range.min, range.max ?? 0) <= limits.repetitionsMax else {
            throw cursor.error(
                "Something is repeated more than \(limits.repetitionsMax) times.", kind: .tooLarge, at: start)
        }
        guard range.max.map({ $0 >= range.min }) ?? true else {
            throw cursor.error("The repetition's maximum is less than its minimum.", at: start)
        }
        return range
    }

    private mutating func takeCounts(nested: Bool) throws(GrammarError) -> (min: Int, max: Int?) {
        cursor.skip()
        skipSpace(newlines: nested)
        guard let min = cursor.takeDecimal() else { throw cursor.error("A number is expected here.") }
        skipSpace(newlines: nested)
        if cursor.take(UInt8(ascii: "}")) { return (min, min) }
        guard cursor.take(UInt8(ascii: ",")) else { throw cursor.error("“,” or “}” is expected here.") }
        skipSpace(newlines: nested)
        let max = cursor.takeDecimal()
        skipSpace(newlines: nested)
        guard cursor.take(UInt8(ascii: "}")) else { throw cursor.error("“}” is expected here.") }
        return (min, max)
    }

    private mutating func takeName() -> String? {
        let start = cursor.offset
        while Self.isWord(cursor.next) { cursor.skip() }
        return cursor.offset == start ? nil : String(decoding: cursor.bytes[start..<cursor.offset], as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        TextCursor.isDigit(byte) || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    private mutating func skipSpace(newlines: Bool) {
        while !cursor.isAtEnd {
            switch cursor.next {
            case 0x20, 0x09: cursor.skip()
            case 0x0A where newlines, 0x0D where newlines: cursor.skip()
            case UInt8(ascii: "#"):
                while !cursor.isAtEnd, cursor.next != 0x0A, cursor.next != 0x0D { cursor.skip() }
            default: return
            }
        }
    }

    private func described(_ byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7F ? "“\(Character(Unicode.Scalar(byte)))”" : "This byte"
    }
}
