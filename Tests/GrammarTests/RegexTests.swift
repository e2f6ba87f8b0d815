import Grammar
import JSONText
import TestRandomness
import Testing

@Suite struct RegexTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var regex: String
        var whole: [String]
        var not: [String] = []
        var testDescription: String { regex }
    }

    static let cases: [Case] = [
        Case(regex: "", whole: [""], not: ["a"]),
        Case(regex: "abc", whole: ["abc"], not: ["ab", "abcd"]),
        Case(regex: "^abc$", whole: ["abc"], not: ["xabc"]),
        Case(regex: "^a|b$", whole: ["a", "b"], not: ["ab"]),
        Case(regex: "(^a|b$)", whole: ["a", "b"]),
        Case(regex: "a|b|", whole: ["a", "b", ""], not: ["c"]),
        Case(regex: "(?:ab)+?c*?d??", whole: ["ab", "ababccd"], not: ["a", "c"]),
        Case(regex: "(?<year>[0-9]{4})-(0[1-9]|1[0-2])", whole: ["2024-12"], not: ["2024-13", "24-12"]),
        Case(regex: "[^a-c]", whole: ["d", "é", "\n"], not: ["a", ""]),
        Case(regex: "[]a]", whole: [], not: []),
        Case(regex: "[\\]a\\-b-]", whole: ["]", "a", "-", "b"], not: ["c"]),
        Case(regex: "[\\d_\\s]", whole: ["5", "_", " ", "\t"], not: ["a"]),
        Case(regex: ".", whole: ["a", "é", "😀"], not: ["\n", "\r", "\u{2028}", "ab"]),
        Case(regex: "\\d\\D\\w\\W\\s\\S", whole: ["1a_- x"], not: ["a1_- x"]),
        Case(
            regex: "\\n\\t\\r\\f\\v\\0\\x41\\u00e9\\u{1F600}\\uD83D\\uDE00\\cA",
            whole: ["\n\t\r\u{C}\u{B}\0Aé😀😀\u{1}"]),
        Case(regex: "\\.\\*\\/\\$\\^\\(\\)\\{\\}\\[\\]\\|\\\\\\-", whole: [".*/$^(){}[]|\\-"]),
        Case(regex: "x{2,3}y{2}z{1,}", whole: ["xxyyz", "xxxyyzzz"], not: ["xyyz", "xxyyyz"]),
        Case(regex: "(a{1,500}){1,500}", whole: ["a", String(repeating: "a", count: 900)], not: [""]),
        Case(regex: "[\\b]", whole: ["\u{8}"]),
    ].filter { !$0.whole.isEmpty }

    @Test(arguments: cases) func `matches whole texts`(_ example: Case) throws {
        let grammar = try Grammar(regex: example.regex)
        let text = try Grammar.gbnf(regex: example.regex, isAnchored: true)
        let written = try Grammar(gbnf: "root ::= (\(text))")
        for text in example.whole {
            #expect(grammar.verdict(text) == .whole, "\(text)")
            #expect(written.verdict(text) == .whole, "\(text)")
        }
        for text in example.not {
            #expect(grammar.verdict(text) != .whole, "\(text)")
            #expect(written.verdict(text) != .whole, "\(text)")
        }
    }

    @Test(arguments: [
        ("(?=a)", "Look-ahead"), ("(?!a)", "Negative look-ahead"), ("(?<=a)", "Look-behind"),
        ("(?<!a)", "Negative look-behind"), ("(?i)a", "Flags"), ("(a)\\1", "back-reference"),
        ("\\bword", "word boundary"),
        ("\\B", "word boundary"), ("\\p{L}", "property"), ("[\\P{L}]", "property"), ("(?<n>a)\\k<n>", "back-reference"),
        ("a^b", "middle"), ("a$b", "middle"), ("x(^a|b)", "middle"),
    ])
    func `what no automaton can do is refused by name`(regex: String, name: String) throws {
        let error = try #require(throws: GrammarError.self) { try Grammar(regex: regex) }
        #expect(error.kind == .unsupported && error.message.contains(name), "\(error)")
    }

    @Test(arguments: [
        "(", ")", "(a", "a)", "[", "[a", "*", "a**", "a{2,1}", "a{", "a{x}", "\\", "\\q", "\\x4", "\\u12", "\\u{}",
        "[z-a]",
        "[]", "^*", "(?<n", "\\c1", "\\u{110000}", "[\\d-z]",
    ])
    func `what is no expression is refused`(regex: String) throws {
        let error = try #require(throws: GrammarError.self) { try Grammar(regex: regex) }
        #expect(error.kind == .syntax && error.place != nil, "\(error)")
    }

    @Test(arguments: [
        ("b", ["b", "abc", "\"b\\"], ["", "ac"]), ("^b", ["b", "bc"], ["ab"]), ("b$", ["b", "ab"], ["ba"]),
        ("^b$", ["b"], ["bb", ""]), ("^a|b$", ["ax", "xb", "ab"], ["xa", "bx"]), ("(^a|b)c", ["acx", "xbcx"], ["xac"]),
        ("", ["", "x"], []), ("^", ["", "x"], []), ("^$", [""], ["x"]), ("a|^b", ["xa", "b"], ["xb"]),
    ])
    func `an open pattern is contained`(regex: String, whole: [String], not: [String]) throws {
        let grammar = try Grammar(gbnf: "root ::= \(try Grammar.gbnf(regex: regex, isAnchored: false))")
        for text in whole { #expect(grammar.verdict(text) == .whole, "\(text)") }
        for text in not { #expect(grammar.verdict(text) != .whole, "\(text)") }
    }

    @Test(arguments: [".*", "[^a]{3}", "\\s*x\\W", "\"\\\\", "[\\x00-\\x20]+", "a.b", "\\S+"])
    func `inside JSON every text reads back as a match`(regex: String) throws {
        let plain = try Grammar(regex: regex)
        let text = try Grammar.gbnf(regex: regex, isAnchored: true, isInsideJSONString: true)
        let quoted = try Grammar(gbnf: "root ::= \"\\\"\" (\(text)) \"\\\"\"")
        var random = SeededRandom(seed: 50)
        for _ in 0..<100 {
            let json = quoted.randomSentence(using: &random, lengthMax: 30)
            let value = try JSONValue.parse(json)
            guard case .string(let string) = value else {
                Issue.record("\(json) is no string")
                continue
            }
            #expect(plain.verdict(string) == .whole, "\(string)")
        }
    }

    @Test func `an expression cut at each byte is read or refused`() {
        let text = "^(?:a|b{2,3}?)[^\\d\\]-z]+\\u{1F600}(?<n>x*)\\x41\\s$"
        var refused = 0
        for length in 0...text.utf8.count {
            do {
                _ = try Grammar(regex: String(decoding: text.utf8.prefix(length), as: UTF8.self))
            } catch {
                refused += 1
            }
        }
        #expect(refused > 10 && refused < text.utf8.count)
    }

    @Test func `groups a hundred thousand deep are refused`() throws {
        let error = try #require(throws: GrammarError.self) {
            try Grammar(regex: String(repeating: "(", count: 100_000))
        }
        #expect(error.kind == .tooLarge)
    }
}
