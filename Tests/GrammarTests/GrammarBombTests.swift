import Grammar
import Testing

@Suite struct GrammarBombTests {
    static func accepts(_ gbnf: String, _ count: Int) throws -> GrammarMatcher {
        var matcher = GrammarMatcher(try Grammar(gbnf: gbnf))
        matcher.read(Array(repeating: UInt8(ascii: "a"), count: count))
        return matcher
    }

    @Test func `a million repetitions are counted`() throws {
        var matcher = try Self.accepts(#"root ::= "a"{999,1000000} "b""#, 998)
        matcher.refuse("b")
        matcher.read("ab")
        #expect(matcher.mustEnd)
        var limits = GrammarLimits.standard
        limits.nodesMax = 20
        _ = try Grammar(gbnf: #"root ::= "a"{1000000}"#, limits: limits)
    }

    @Test func `repetitions of repetitions stay small`() throws {
        var limits = GrammarLimits.standard
        limits.nodesMax = 40
        let grammar = try Grammar(gbnf: #"root ::= ((("a"{1,1000}){1,1000}){1,1000}){0,1000} "b""#, limits: limits)
        var matcher = GrammarMatcher(grammar)
        matcher.read(Array(repeating: UInt8(ascii: "a"), count: 2_000))
        #expect(!matcher.canEnd)
        matcher.read("b")
        #expect(matcher.mustEnd)
    }

    @Test func `exact counts of exact counts are kept`() throws {
        let matcher = try Self.accepts(#"root ::= ("a"{30}){40}"#, 1_199)
        #expect(!matcher.canEnd)
        #expect(try Self.accepts(#"root ::= ("a"{30}){40}"#, 1_200).mustEnd)
    }

    @Test(arguments: [
        #"root ::= ("a" | "a")*"#, #"root ::= ("a"* "a"*)*"#, #"root ::= ("a"?){0,5000}"#,
        "root ::= \(String(repeating: "\"a\"? ", count: 400))\"a\"*", #"root ::= ("a" | "aa" | "aaa"){1,100000}"#,
        "root ::= a | b\na ::= \"a\" a | \"a\" b | \"\"\nb ::= \"a\" b | \"a\" a | \"\"",
    ])
    func `ambiguity does not multiply`(gbnf: String) throws {
        #expect(try Self.accepts(gbnf, 1_000).canEnd)
    }

    @Test func `many ways to the same depth share their stacks`() throws {
        var matcher = try Self.accepts("root ::= s\ns ::= \"a\" s \"b\" | \"a\" s \"c\" | \"\"", 400)
        matcher.read(String(repeating: "bc", count: 200))
        #expect(matcher.mustEnd)
    }

    @Test func `what is too ambiguous is given up and says so`() throws {
        var limits = GrammarLimits.standard
        limits.itemsMax = 50
        var matcher = GrammarMatcher(try Grammar(gbnf: "root ::= s\ns ::= \"a\" s s | \"a\"", limits: limits))
        let isAccepted = matcher.accept(repeatElement(UInt8(ascii: "a"), count: 500))
        #expect(!isAccepted && matcher.failure?.kind == .tooLarge && matcher.isOver)
    }

    @Test func `what is too deep is given up and says so`() throws {
        var limits = GrammarLimits.standard
        limits.depthMax = 100
        let grammar = try Grammar(gbnf: #"root ::= "(" root ")" | "x""#, limits: limits)
        var matcher = GrammarMatcher(grammar)
        matcher.read(String(repeating: "(", count: 90))
        let isAccepted = matcher.accept(String(repeating: "(", count: 90).utf8)
        #expect(!isAccepted && matcher.failure?.kind == .tooLarge)
        let shallow = String(repeating: "(", count: 90) + "x" + String(repeating: ")", count: 90)
        #expect(grammar.verdict(shallow) == .whole)
    }

    @Test func `a search that is too much work leaves a mask that is true as far as it goes`() throws {
        var limits = GrammarLimits.standard
        limits.workMax = 3
        let tokens = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { Optional([$0, $0, $0]) }
        let trie = TokenTrie(tokens: tokens)
        let words = #"root ::= "aaa" | "bbb" | "ccc" | "zzz""#
        let matcher = GrammarMatcher(try Grammar(gbnf: words, limits: limits))
        var mask = TokenMask(tokenCount: 26)
        #expect(matcher.fill(&mask, from: trie)?.kind == .tooLarge)
        #expect(Set(mask.tokens).isSubset(of: [0, 1, 2, 25]))
    }

    @Test func `a hundred thousand parentheses are refused`() throws {
        let count = 100_000
        for gbnf in [
            "root ::= " + String(repeating: "(", count: count) + "\"a\"" + String(repeating: ")", count: count),
            "root ::= " + String(repeating: "(", count: count), "root ::= \"a\"" + String(repeating: "*", count: count),
        ] {
            let error = try #require(throws: GrammarError.self) { try Grammar(gbnf: gbnf) }
            #expect(error.kind == .tooLarge)
        }
    }

    @Test func `a chain of many rules is read, from either end`() throws {
        for isForward in [true, false] {
            let count = 10_000
            let rules = (0..<count).map { "r\($0) ::= r\($0 + 1)" } + ["r\(count) ::= \"a\""]
            let text = "root ::= r0 \"b\"\n" + (isForward ? rules : rules.reversed()).joined(separator: "\n")
            #expect(try Grammar(gbnf: text).verdict("ab") == .whole)
        }
        let circle = (0..<10_000).map { "r\($0) ::= r\(($0 + 1) % 10_000)" }.joined(separator: "\n")
        let error = try #require(throws: GrammarError.self) { try Grammar(gbnf: "root ::= r0 | \"a\"\n" + circle) }
        #expect(error.kind == .unsupported && error.message.count < 300)
    }

    @Test func `a hundred thousand rules are read or refused`() {
        let chain = "root ::= r0\n" + (0..<100_000).map { "r\($0) ::= r\($0 + 1)\n" }.joined() + "r100000 ::= \"a\""
        do {
            _ = try Grammar(gbnf: chain)
            Issue.record("more rules wait for each other than there may be items")
        } catch {
            #expect(error.kind == .tooLarge)
        }
    }

    @Test func `a choice of many texts is a tree`() throws {
        let words = (0..<20_000).map { "\"w\($0)\"" }.joined(separator: " | ")
        var limits = GrammarLimits.standard
        limits.itemsMax = 50_000
        let grammar = try Grammar(gbnf: "root ::= \(words)", limits: limits)
        #expect(grammar.verdict("w19999") == .whole && grammar.verdict("w1999") == .whole)
        #expect(grammar.verdict("w20000") == .refused)
    }
}
