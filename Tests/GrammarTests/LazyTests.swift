import Grammar
import TestRandomness
import Testing

@Suite struct LazyTests {
    static let call = #"root ::= "<call>" [0-9]+ "</call>""#

    static func matcher(_ triggers: [LazyTrigger], _ gbnf: String = call) throws -> LazyMatcher {
        LazyMatcher(try LazyGrammar(try Grammar(gbnf: gbnf), triggers: triggers))
    }

    /// Adds texts one by one, and tells which were allowed.
    static func feed(_ matcher: inout LazyMatcher, _ texts: [String]) -> [Bool] {
        texts.map { matcher.accept($0.utf8) }
    }

    @Test func `anything goes until the trigger, and then only the grammar`() throws {
        var matcher = try Self.matcher([.word("<call>")])
        #expect(Self.feed(&matcher, ["Hello <", "cal", " <c", "all"]) == [true, true, true, true])
        #expect(!matcher.activated && matcher.canEnd && !matcher.mustEnd)
        #expect(Self.feed(&matcher, [">", "x", "12", "</ca", "ll>"]) == [true, false, true, true, true])
        #expect(matcher.activated && matcher.mustEnd)
    }

    @Test func `a token may complete the trigger and go on`() throws {
        var matcher = try Self.matcher([.word("<call>")])
        #expect(!matcher.allows("say <call>x".utf8) && matcher.allows("say <call>1<".utf8))
        #expect(Self.feed(&matcher, ["say <call>x", "say <call>1<"]) == [false, true])
        #expect(matcher.activated && !matcher.canEnd)
    }

    @Test func `bytes that are no text do not disturb the wait`() throws {
        var matcher = try Self.matcher([.word("<call>")])
        let isAccepted = matcher.accept([0xFF, 0xC3, 0x3C])
        #expect(isAccepted)
        #expect(Self.feed(&matcher, ["call>", "7</call>"]) == [true, true])
        #expect(matcher.mustEnd)
    }

    @Test func `a pattern's text begins with its match or its group`() throws {
        let gbnf = #"root ::= "{" [a-z]+ "}""#
        var whole = try Self.matcher([.pattern(#"\{[a-z]"#)], gbnf)
        #expect(Self.feed(&whole, ["x {1 ", "{", "b", "}"]) == [true, true, true, true])
        #expect(whole.mustEnd)
        var group = try Self.matcher([.pattern(#"call:\s*(\{)"#)], gbnf)
        #expect(Self.feed(&group, ["{a} call: ", " {", "1", "b}"]) == [true, true, false, true])
        #expect(group.mustEnd)
        var beginning = try Self.matcher([.pattern(#"^\s*(\{)"#)], gbnf)
        #expect(Self.feed(&beginning, [" ", "{", "a}"]) == [true, true, true])
        #expect(beginning.mustEnd)
        var late = try Self.matcher([.pattern(#"^\s*(\{)"#)], gbnf)
        #expect(Self.feed(&late, ["x", "{", "1"]) == [true, true, true])
        #expect(!late.activated)
    }

    @Test func `a token is a trigger by its id`() throws {
        var matcher = try Self.matcher([.token(9)])
        let taken = [
            matcher.accept(token: 3, bytes: Array("<call>".utf8)), matcher.accept(token: 9, bytes: Array("no".utf8)),
            matcher.accept(token: 9, bytes: Array("<call>".utf8)), matcher.accept(token: 3, bytes: Array("x".utf8)),
        ]
        #expect(taken == [true, false, true, false] && matcher.activated)
    }

    @Test func `the mask is what trying each token gives`() throws {
        var random = SeededRandom(seed: 70)
        var tokens: [[UInt8]?] = (UInt8(0)...255).map { [$0] }
        tokens += [
            "<call>", "<call>1", "<call>x", "<ca", "all>2", "all>", "ll>z", "x<call>5</call>", "x<call>5</call> ", "hi",
        ]
        .map { Array($0.utf8) }
        tokens.append(nil)
        let trie = TokenTrie(tokens: tokens, endTokens: [1])
        for triggers in [[LazyTrigger.word("<call>")], [.pattern("[a-z]?(<call>)")], [.word("<call>"), .word("hx")]] {
            let start = try Self.matcher(triggers)
            for _ in 0..<10 {
                var matcher = start
                for _ in 0..<8 {
                    var mask = TokenMask(tokenCount: tokens.count)
                    matcher.fill(&mask, from: trie)
                    for (id, bytes) in tokens.enumerated() where id != 1 {
                        #expect(mask.contains(Int32(id)) == bytes.map { matcher.allows($0) } ?? false, "\(bytes ?? [])")
                    }
                    #expect(mask.contains(1) == matcher.canEnd)
                    mask.remove(1)
                    let likely = mask.tokens.filter { $0 >= 256 || $0 == 60 } + mask.tokens.prefix(1)
                    guard let token = likely.randomElement(using: &random) else { break }
                    let isAccepted = matcher.accept(tokens[Int(token)] ?? [])
                    #expect(isAccepted)
                }
            }
        }
    }

    @Test func `triggers that could never wait are refused`() throws {
        let grammar = try Grammar(gbnf: Self.call)
        #expect(throws: GrammarError.self) { try LazyGrammar(grammar, triggers: []) }
        #expect(throws: GrammarError.self) { try LazyGrammar(grammar, triggers: [.word("")]) }
        #expect(throws: GrammarError.self) { try LazyGrammar(grammar, triggers: [.pattern("a*")]) }
        #expect(throws: GrammarError.self) { try LazyGrammar(grammar, triggers: [.pattern("(?=a)")]) }
    }
}
