import Grammar
import TestRandomness
import Testing

@Suite struct MaskTests {
    /// Texts over an alphabet, some of them cut inside a character, some twice, some absent.
    static func vocabulary(using random: inout SeededRandom, count: Int = 600) -> [[UInt8]?] {
        var tokens: [[UInt8]?] = (UInt8(0)...255).map { [$0] }
        while tokens.count < count {
            var bytes = (0..<Int.random(in: 1...5, using: &random)).flatMap { _ in
                Array(
                    String(
                        (NaiveGrammar.alphabet + ["\"", "{", "}", ":", ",", " ", "1", "[", "]"])
                            .randomElement(using: &random) ?? "a"
                    ).utf8)
            }
            if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeFirst() }
            if Int.random(in: 0..<4, using: &random) == 0, !bytes.isEmpty { bytes.removeLast() }
            tokens.append(Int.random(in: 0..<30, using: &random) == 0 ? nil : bytes)
        }
        return tokens
    }

    static func expectBruteForce(_ matcher: GrammarMatcher, _ tokens: [[UInt8]?], _ trie: TokenTrie, _ note: String) {
        let mask = matcher.mask(of: trie)
        for (id, bytes) in tokens.enumerated() {
            let isAllowed =
                trie.endTokens.contains(Int32(id))
                ? matcher.canEnd : bytes.map { !$0.isEmpty && matcher.allows($0) } ?? false
            #expect(mask.contains(Int32(id)) == isAllowed, "token \(id) \(bytes ?? []) in \(note)")
        }
    }

    @Test func `a mask is what trying each token gives`() throws {
        var random = SeededRandom(seed: 30)
        let tokens = Self.vocabulary(using: &random)
        let trie = TokenTrie(tokens: tokens, endTokens: [7, 300])
        var masks = 0
        for _ in 0..<60 {
            let naive = NaiveGrammar.random(using: &random)
            guard let grammar = try? Grammar(gbnf: naive.gbnf) else { continue }
            var matcher = GrammarMatcher(grammar)
            for byte in [[]] + grammar.randomSentence(using: &random, lengthMax: 5).map({ [$0] }) {
                matcher.read(byte)
                Self.expectBruteForce(matcher, tokens, trie, naive.gbnf)
                masks += 1
            }
        }
        #expect(masks > 60)
    }

    @Test func `a mask is the same when states are begun anew over and over`() throws {
        var random = SeededRandom(seed: 31)
        let tokens = Self.vocabulary(using: &random)
        let trie = TokenTrie(tokens: tokens, endTokens: [7])
        var limits = GrammarLimits.standard
        limits.cellsMax = 1
        let roomy = try Grammar(gbnf: Samples.json)
        let tight = try Grammar(gbnf: Samples.json, limits: limits)
        for _ in 0..<15 {
            let text = roomy.randomSentence(using: &random, lengthMax: 80)
            var matchers = (GrammarMatcher(roomy), GrammarMatcher(tight))
            for byte in text {
                matchers.0.read([byte])
                matchers.1.read([byte])
            }
            #expect(matchers.0.canEnd && matchers.1.canEnd)
            let cut = text.prefix(text.count / 2)
            matchers = (GrammarMatcher(roomy), GrammarMatcher(tight))
            matchers.0.read(Array(cut))
            matchers.1.read(Array(cut))
            #expect(matchers.0.mask(of: trie) == matchers.1.mask(of: trie))
            #expect(matchers.0.mask(of: trie) == matchers.1.mask(of: trie))
        }
    }

    @Test func `end tokens are allowed exactly when the text may end`() throws {
        let trie = TokenTrie(tokens: [Array("a".utf8), nil, Array("a".utf8)], endTokens: [1, 2])
        var matcher = GrammarMatcher(try Grammar(gbnf: #"root ::= "a" "a"?"#))
        #expect(matcher.mask(of: trie).tokens == [0])
        matcher.read("a")
        #expect(matcher.mask(of: trie).tokens == [0, 1, 2])
        matcher.read("a")
        #expect(matcher.mask(of: trie).tokens == [1, 2])
        #expect(matcher.mustEnd && matcher.isOver)
    }

    @Test func `a token the grammar refers to is allowed and read by its id`() throws {
        let tokens: [[UInt8]?] = [Array("x".utf8), nil, Array("<t>".utf8), Array("y".utf8)]
        let trie = TokenTrie(tokens: tokens, endTokens: [3])
        let ids: [String: Int32] = ["<think>": 1]
        let grammar = try Grammar(gbnf: #"root ::= <think> !<[2]>* <[2]> "x""#) { ids[$0] }
        #expect(grammar.mentionsTokens)
        var matcher = GrammarMatcher(grammar)
        #expect(matcher.mask(of: trie).tokens == [1])
        let taken = [matcher.accept(token: 0, bytes: Array("x".utf8)), matcher.accept(token: 1, bytes: [])]
        #expect(taken == [false, true])
        #expect(matcher.mask(of: trie).tokens == [0, 2])
        let further = [
            matcher.accept(token: 0, bytes: Array("x".utf8)), matcher.accept(token: 2, bytes: Array("<t>".utf8)),
        ]
        #expect(further == [true, true])
        #expect(matcher.mask(of: trie).tokens == [0])
        matcher.read("x")
        #expect(matcher.mustEnd)
    }

    @Test func `copies do not know of one another`() throws {
        var matcher = GrammarMatcher(try Grammar(gbnf: #"root ::= "ab" | "ac""#))
        matcher.read("a")
        var copy = matcher
        copy.read("b")
        #expect(copy.canEnd)
        #expect(!matcher.canEnd && matcher.allows("c".utf8))
        matcher.read("c")
        #expect(matcher.mustEnd && copy.mustEnd)
    }
}
