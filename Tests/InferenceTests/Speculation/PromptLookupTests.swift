import TestRandomness
import Testing

@testable import Inference

@Suite struct PromptLookupTests {
    private func find(_ tokens: [Int32], matchMin: Int = 3, countMax: Int = 8) -> PromptLookup.Match? {
        var lookup = PromptLookup(matchMin: matchMin)
        return lookup.find(in: tokens, countMax: countMax)
    }

    @Test func `what followed the same tokens before is guessed`() {
        #expect(find([1, 2, 3, 4, 5, 9, 1, 2, 3], countMax: 2) == .init(tokens: [4, 5], length: 3))
    }

    @Test func `nothing is guessed after tokens that are new`() {
        #expect(find([1, 2, 3, 4, 5, 6]) == nil)
        #expect(find([]) == nil)
        #expect(find([1, 2, 3]) == nil)
        #expect(find([1, 2, 9, 1, 2]) == nil, "two tokens are too few")
        #expect(find([1, 2, 3, 1, 2, 3], countMax: 0) == nil)
    }

    @Test func `the longest agreement wins, and of equal ones the latest`() {
        #expect(find([7, 1, 2, 3, 4, 8, 1, 2, 3, 5, 7, 1, 2, 3], countMax: 1) == .init(tokens: [4], length: 4))
        #expect(find([1, 2, 3, 4, 8, 1, 2, 3, 5, 6, 1, 2, 3], countMax: 1) == .init(tokens: [5], length: 3))
    }

    @Test func `a text that repeats itself up to its end goes on repeating`() {
        #expect(find([1, 2, 3, 1, 2, 3], countMax: 7) == .init(tokens: [1, 2, 3, 1, 2, 3, 1], length: 3))
        #expect(find([5, 5, 5, 5], countMax: 3)?.tokens == [5, 5, 5])
    }

    @Test func `what is no token is not guessed`() {
        #expect(find([1, 2, 3, 4, -1, 5, 1, 2, 3]) == .init(tokens: [4], length: 3))
        #expect(find([1, 2, 3, -1, 5, 1, 2, 3]) == nil)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `growing and shrinking sequences are looked up as by looking at every place`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var lookup = PromptLookup(matchMin: 2)
        var tokens: [Int32] = []
        for _ in 0..<300 {
            if Int.random(in: 0..<40, using: &random) == 0 {
                tokens.removeLast(Int.random(in: 0...tokens.count, using: &random))
            }
            tokens += (0..<Int.random(in: 1...5, using: &random)).map { _ in Int32.random(in: 0..<4, using: &random) }
            let found = lookup.find(in: tokens, countMax: 4)
            let naive = naive(tokens, matchMin: 2)
            #expect((found == nil) == naive.isEmpty)
            if let found {
                #expect(naive.contains(found), "the guess follows an agreement that is there")
            }
        }
    }

    /// What every place that agrees would have guessed.
    private func naive(_ tokens: [Int32], matchMin: Int) -> [PromptLookup.Match] {
        guard tokens.count > matchMin else { return [] }
        return (matchMin..<tokens.count).compactMap { place in
            let most = min(place, PromptLookup.lengthMax)
            let length =
                (0..<most).first { tokens[place - 1 - $0] != tokens[tokens.count - 1 - $0] } ?? most
            guard length >= matchMin else { return nil }
            var all = tokens
            for offset in 0..<4 { all.append(all[place + offset]) }
            return PromptLookup.Match(tokens: Array(all.suffix(4)), length: length)
        }
    }
}
