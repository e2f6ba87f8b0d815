import Grammar
import TestRandomness
import Testing

@Suite struct LengthTests {
    /// Writes a text token by token at random within the masks, and says what came out.
    static func generate(
        _ start: BoundedMatcher, _ tokens: [[UInt8]?], _ trie: TokenTrie, using random: inout SeededRandom
    ) -> String? {
        var matcher = start
        var mask = TokenMask(tokenCount: trie.tokenCount)
        var text: [UInt8] = []
        for _ in 0..<400 {
            let error = matcher.fill(&mask, from: trie)
            guard error == nil, let token = mask.tokens.randomElement(using: &random) else { return nil }
            if trie.endTokens.contains(token) { return String(validating: text, as: UTF8.self) }
            let bytes = tokens[Int(token)] ?? []
            let isAccepted = matcher.accept(token: token, bytes: bytes)
            #expect(isAccepted)
            text += bytes
        }
        return nil
    }

    static let tokens: [[UInt8]?] =
        [nil] + (UInt8(0)...255).map { [$0] }
        + ["ab", "a b", " a", "  ", "é é", "日本", "\u{3000}日", "{\"", "\":", "a\""]
        .map { Array($0.utf8) }
    static let trie = TokenTrie(tokens: tokens, endTokens: [0])

    @Test(arguments: [
        LengthBounds(charactersMax: 0), LengthBounds(charactersMax: 7),
        LengthBounds(charactersMin: 5, charactersMax: 9),
        LengthBounds(charactersMin: 6, charactersMax: 6), LengthBounds(charactersMax: 20, wordsMax: 2),
        LengthBounds(charactersMax: 9, wordsMin: 5), LengthBounds(charactersMax: 30, wordsMin: 3, wordsMax: 3),
        LengthBounds(charactersMin: 12, charactersMax: 14, wordsMax: 1), LengthBounds(charactersMax: 20, wordsMax: 0),
    ])
    func `any text stays within its bounds and always comes to an end`(bounds: LengthBounds) throws {
        var random = SeededRandom(seed: 60)
        let matcher = try BoundedMatcher(nil, bounds: bounds)
        for _ in 0..<25 {
            let text = try #require(Self.generate(matcher, Self.tokens, Self.trie, using: &random))
            let characters = text.unicodeScalars.count
            let words = text.unicodeScalars.split { $0.properties.isWhitespace }.count
            #expect(characters >= bounds.charactersMin ?? 0 && characters <= bounds.charactersMax ?? .max, "\(text)")
            #expect(words >= bounds.wordsMin ?? 0 && words <= bounds.wordsMax ?? .max, "\(text)")
        }
    }

    @Test func `a grammar is always completed within the bound`() throws {
        var random = SeededRandom(seed: 61)
        let grammar = try Grammar(gbnf: Samples.json)
        for max in [2, 3, 7, 8, 20] {
            let matcher = try BoundedMatcher(grammar, bounds: LengthBounds(charactersMax: max))
            for _ in 0..<12 {
                let text = try #require(Self.generate(matcher, Self.tokens, Self.trie, using: &random))
                #expect(text.unicodeScalars.count <= max && grammar.verdict(text) == .whole, "\(text)")
            }
        }
    }

    @Test func `a way that must end too early is not taken`() throws {
        let grammar = try Grammar(gbnf: #"root ::= "a" | "b" [é日]{2,30} | "cc" "c"?"#)
        let matcher = try BoundedMatcher(grammar, bounds: LengthBounds(charactersMin: 4))
        #expect(!matcher.allows("a".utf8) && !matcher.allows("c".utf8) && matcher.allows("b".utf8))
        let three = try BoundedMatcher(grammar, bounds: LengthBounds(charactersMin: 3, charactersMax: 3))
        #expect(three.allows("bé".utf8) && three.allows("b日é".utf8) && !three.allows("b日éé".utf8))
        #expect(three.allows("ccc".utf8) && !three.allows("a".utf8))
    }

    @Test func `the mask is what trying each token gives`() throws {
        var random = SeededRandom(seed: 62)
        let tokens = MaskTests.vocabulary(using: &random, count: 500)
        let trie = TokenTrie(tokens: tokens, endTokens: [3])
        for (gbnf, bounds) in [
            (Samples.json, LengthBounds(charactersMin: 9, charactersMax: 12, wordsMax: 3)),
            ("root ::= .*", LengthBounds(charactersMax: 4, wordsMin: 2)),
            ("root ::= [aé日]{3,9}", LengthBounds(charactersMin: 2, charactersMax: 5)),
        ] {
            let grammar = try Grammar(gbnf: gbnf)
            var matcher = try BoundedMatcher(grammar, bounds: bounds)
            var masks = 0
            while masks < 12 {
                var mask = TokenMask(tokenCount: tokens.count)
                matcher.fill(&mask, from: trie)
                for (id, bytes) in tokens.enumerated() where id != 3 {
                    let isAllowed = bytes.map { !$0.isEmpty && matcher.allows($0) } ?? false
                    #expect(mask.contains(Int32(id)) == isAllowed, "token \(bytes ?? []) in \(gbnf)")
                }
                #expect(mask.contains(3) == matcher.canEnd)
                masks += 1
                mask.remove(3)
                guard let token = mask.tokens.randomElement(using: &random) else { break }
                let isAccepted = matcher.accept(token: token, bytes: tokens[Int(token)] ?? [])
                #expect(isAccepted)
            }
            #expect(masks > 1)
        }
    }

    @Test(arguments: [
        LengthBounds(charactersMin: -1), LengthBounds(wordsMax: -1), LengthBounds(charactersMin: 3, charactersMax: 2),
        LengthBounds(wordsMin: 3, wordsMax: 2), LengthBounds(charactersMax: 4, wordsMin: 3),
    ])
    func `bounds that no text can be within are refused`(bounds: LengthBounds) {
        #expect(throws: GrammarError.self) { try BoundedMatcher(nil, bounds: bounds) }
    }

    @Test func `bounds that no sentence can be within are refused`() throws {
        let grammar = try Grammar(gbnf: #"root ::= "abc" | "abcde""#)
        #expect(throws: GrammarError.self) { try BoundedMatcher(grammar, bounds: LengthBounds(charactersMax: 2)) }
        #expect(throws: GrammarError.self) { try BoundedMatcher(grammar, bounds: LengthBounds(charactersMin: 6)) }
        _ = try BoundedMatcher(grammar, bounds: LengthBounds(charactersMin: 5, charactersMax: 5))
    }

    @Test func `a way that cannot go on says so`() throws {
        let grammar = try Grammar(gbnf: #"root ::= "a b c""#)
        var matcher = try BoundedMatcher(grammar, bounds: LengthBounds(wordsMax: 2))
        let isAccepted = matcher.accept("a b ".utf8)
        var mask = TokenMask(tokenCount: Self.trie.tokenCount)
        #expect(isAccepted)
        #expect(matcher.fill(&mask, from: Self.trie)?.kind == .unresolved && mask.isEmpty)
    }
}
