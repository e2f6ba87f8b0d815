import Grammar
import Testing

@Suite struct TokenMaskTests {
    @Test func `a mask is a set of ids below its count`() {
        var mask = TokenMask(tokenCount: 130)
        #expect(mask.isEmpty && mask.count == 0 && mask.words.count == 3)
        for id in [0, 63, 64, 129, 130, -1, 4_000] { mask.insert(Int32(id)) }
        #expect(mask.tokens == [0, 63, 64, 129])
        #expect(mask.contains(129) && !mask.contains(130) && !mask.contains(-1))
        mask.remove(63)
        mask.remove(5_000)
        #expect(mask.tokens == [0, 64, 129] && mask.count == 3)
        mask.removeAll()
        #expect(mask.isEmpty)
    }

    @Test func `an empty vocabulary has an empty mask`() throws {
        let trie = TokenTrie(tokens: [])
        #expect(GrammarMatcher(try Grammar(gbnf: #"root ::= "a""#)).mask(of: trie).isEmpty)
    }
}
