import Grammar
import JSONText
import TestRandomness
import Testing

@Suite struct GBNFTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var gbnf: String
        var whole: [String] = []
        var open: [String] = []
        var refused: [String] = []
        var testDescription: String { gbnf }
    }

    static let cases: [Case] = [
        Case(gbnf: #"root ::= "abc""#, whole: ["abc"], open: ["", "a", "ab"], refused: ["b", "abcd", "ac"]),
        Case(gbnf: #"root ::= "a" | "b" "c""#, whole: ["a", "bc"], open: ["b"], refused: ["c", "ac"]),
        Case(gbnf: #"root ::= ("a" | "b")* "c""#, whole: ["c", "abac"], open: ["ab"], refused: ["cc"]),
        Case(gbnf: #"root ::= "a"+"#, whole: ["a", "aaaa"], open: [""], refused: ["b"]),
        Case(gbnf: #"root ::= "ab"?"#, whole: ["", "ab"], open: ["a"], refused: ["abab"]),
        Case(gbnf: #"root ::= "a"{3}"#, whole: ["aaa"], open: ["aa"], refused: ["aaaa"]),
        Case(gbnf: #"root ::= "a"{2,}"#, whole: ["aa", "aaaaaaa"], open: ["a"], refused: ["ab"]),
        Case(gbnf: #"root ::= "a"{2,4}"#, whole: ["aa", "aaa", "aaaa"], open: ["a"], refused: ["aaaaa"]),
        Case(gbnf: #"root ::= "a"{0,2} "b""#, whole: ["b", "aab"], open: ["aa"], refused: ["aaab"]),
        Case(gbnf: #"root ::= "a"{0} "b""#, whole: ["b"], open: [""], refused: ["a"]),
        Case(gbnf: #"root ::= [a-c]{30,31}"#, whole: [String(repeating: "abc", count: 10)], refused: ["d"]),
        Case(gbnf: #"root ::= "x" ("" | "y")"#, whole: ["x", "xy"], refused: ["y"]),
        Case(gbnf: #"root ::= [a-cx-z_]"#, whole: ["a", "b", "y", "_"], refused: ["d", "-", "é"]),
        Case(gbnf: #"root ::= [^a-cé]"#, whole: ["d", "ü", "日", "😀", "\n"], open: [""], refused: ["a", "b", "é"]),
        Case(gbnf: #"root ::= [a\-\]\\^-]"#, whole: ["a", "-", "]", "\\", "^"], refused: ["b"]),
        Case(gbnf: #"root ::= ."#, whole: ["a", "é", "\n", "😀"], refused: ["ab"]),
        Case(gbnf: #"root ::= "\x41\u00e9\U0001F600\n\t\r\"\\""#, whole: ["Aé😀\n\t\r\"\\"], open: ["Aé"]),
        Case(gbnf: "# one\n\nroot ::= a | b # two\n# three\na ::= \"a\"\r\n\r\nb ::= \"b\"", whole: ["a", "b"]),
        Case(gbnf: "root ::=\n (\n \"a\" # one\n\n \"b\"\n)\n", whole: ["ab"]),
        Case(gbnf: "root ::= \"a\" |\n \"b\"", whole: ["a", "b"]),
        Case(gbnf: "root ::= long-name_2\nlong-name_2 ::= \"x\"", whole: ["x"]),
        Case(gbnf: #"root ::= "a" root "b" | """#, whole: ["", "ab", "aaabbb"], open: ["aab"], refused: ["abb"]),
        Case(gbnf: #"root ::= "a" root | "b""#, whole: ["aaab"], open: ["aaa"], refused: ["ba"]),
        Case(gbnf: "root ::= a a\na ::= \"x\"? \"y\"?", whole: ["", "xyxy", "xx", "yy"], refused: ["xyxyx"]),
        Case(gbnf: #"root ::= ("a"?){3,5} "b""#, whole: ["b", "aaaaab"], open: ["a"], refused: ["aaaaaab"]),
        Case(gbnf: #"root ::= ("a" | "aa"){30} "b""#, open: [String(repeating: "a", count: 60)], refused: ["b"]),
        Case(gbnf: #"root ::= "a"?*"#, whole: ["", "aa"]),
        Case(gbnf: "root ::= \"a\" ( x )\nx ::= y y\ny ::= | \"b\"", whole: ["a", "ab", "abb"], refused: ["abbb"]),
    ]

    @Test(arguments: cases) func `texts are told apart`(_ example: Case) throws {
        let grammar = try Grammar(gbnf: example.gbnf)
        for text in example.whole { #expect(grammar.verdict(text) == .whole, "\(text)") }
        for text in example.open { #expect(grammar.verdict(text) == .open, "\(text)") }
        for text in example.refused { #expect(grammar.verdict(text) == .refused, "\(text)") }
    }

    @Test func `characters may come byte by byte, and only whole ones are characters`() throws {
        let grammar = try Grammar(gbnf: "root ::= .*")
        #expect(grammar.verdict([0xF0]) == .open)
        #expect(grammar.verdict([0xF0, 0x9F, 0x98]) == .open)
        #expect(grammar.verdict([0xF0, 0x9F, 0x98, 0x80]) == .whole)
        // Overlong forms, surrogates, what is beyond Unicode, and bytes that never occur.
        for bytes: [UInt8] in [[0xC0], [0xC1], [0xE0, 0x80], [0xED, 0xA0], [0xF4, 0x90], [0xF5], [0xFF], [0x80]] {
            #expect(grammar.verdict(bytes) == .refused, "\(bytes)")
        }
    }

    @Test func `refused bytes change nothing`() throws {
        var matcher = GrammarMatcher(try Grammar(gbnf: #"root ::= "abc""#))
        matcher.read("a")
        matcher.refuse("bd")
        matcher.read("bc")
        #expect(matcher.mustEnd)
        matcher.refuse("x")
        #expect(matcher.canEnd)
    }

    @Test func `llama.cpp's grammar of JSON makes JSON`() throws {
        let grammar = try Grammar(gbnf: Samples.json)
        #expect(grammar.verdict(#"{"a": [1, -2.5e3, "x\"\u00e9", {}, []], "b": null}"#) == .whole)
        #expect(grammar.verdict(#"{"a": tru"#) == .open)
        #expect(grammar.verdict(#"{"a" 1"#) == .refused)
        #expect(grammar.verdict(#"{"a": 1,}"#) == .refused)
        var random = SeededRandom(seed: 5)
        for _ in 0..<200 {
            let text = grammar.randomSentence(using: &random, lengthMax: 120)
            // The grammar knows nothing of pairs of surrogates.
            guard !String(decoding: text, as: UTF8.self).contains("\\u") else { continue }
            #expect(throws: Never.self) { try JSONValue.parse(text) }
        }
    }
}
