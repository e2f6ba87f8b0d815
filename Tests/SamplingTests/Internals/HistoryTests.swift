import TestRandomness
import Testing

@testable import Sampling

@Suite struct HistoryTests {
    private static func tokens(_ count: Int, _ random: inout SeededRandom, letters: Int32) -> [Int32] {
        (0..<count).map { _ in Int32.random(in: 0..<letters, using: &random) }
    }

    /// For each place the length of the text that ends there and equals the end, counted one by one.
    private static func lengths(_ tokens: [Int32]) -> [Int: Int] {
        var result: [Int: Int] = [:]
        for place in tokens.indices.dropLast() {
            var length = 0
            while place - length >= 0, tokens[place - length] == tokens[tokens.count - 1 - length] { length += 1 }
            if length > 0 { result[place] = length }
        }
        return result
    }

    @Test(arguments: [1, 2, 3, 20] as [Int32])
    func `repeats that grow by token are those that are counted anew`(letters: Int32) {
        var random = SeededRandom(seed: UInt64(letters))
        for start in [0, 1, 2, 30] {
            var tokens = Self.tokens(start, &random, letters: letters)
            var index = RepeatIndex(tokens)
            for _ in 0..<60 {
                var found: [Int: Int] = [:]
                index.forEachRepeat(from: 0) { place, length in
                    if place < tokens.count - 1 { found[place] = length }
                }
                #expect(found == Self.lengths(tokens))
                let next = Self.tokens(1, &random, letters: letters)
                tokens += next
                index.append(next[0])
            }
        }
    }

    @Test(arguments: [0, 1, 5, 1_000])
    func `counts are those of the last tokens`(window: Int) {
        var random = SeededRandom(seed: 6)
        var history = TokenHistory(Self.tokens(20, &random, letters: 4))
        history.count(last: window)
        for _ in 0..<50 {
            let expected = Dictionary(history.tokens.suffix(window).map { ($0, Int32(1)) }, uniquingKeysWith: +)
            #expect(history.counts == expected)
            history.append(Int32.random(in: 0..<4, using: &random))
        }
    }

    @Test func `breakers lie in tokens, are tokens, or go on in the next ones`() {
        let pieces = ["a", "x:", "\n", "\n\n", "::", "#", "##", "b#", "#c"]
        let breakers = SequenceBreakers(
            texts: ["\n", ":", "##c", ""].map { Array($0.utf8) }, vocabularyCount: pieces.count,
            piece: { Array(pieces[Int($0)].utf8) }, tokenize: { $0 == Array("#c".utf8) ? [8] : $0.map { Int32($0) } })
        let ends = Int32(UInt8(ascii: "c"))
        #expect(
            breakers.tails
                == [
                    1: [[]], 2: [[]], 3: [[]], 4: [[]], 5: [[8]], 6: [[ends], [8]], 7: [[8]], 8: [],
                ].filter { !$0.value.isEmpty })
        #expect(breakers.isBreaker(2) && !breakers.isBreaker(5) && !breakers.isBreaker(0))
    }

    @Test func `a breaker that is completed later ends the repetition there`() {
        // Head 9 with the tail 1 2.
        let breakers = SequenceBreakers(
            texts: [Array("xyz".utf8)], vocabularyCount: 10, piece: { $0 == 9 ? Array("x".utf8) : [] },
            tokenize: { _ in [1, 2] })
        let parameters = DryParameters(multiplier: 1, base: 2, allowedLength: 1, lastN: 100)
        func penalties(_ dry: DryPenalty) -> [Int32: Float] {
            var found: [Int32: Float] = [:]
            dry.penalties(parameters) { found[$0] = $1 }
            return found
        }
        var dry = DryPenalty([9, 1, 2, 5, 6, 9, 1], breakers: breakers)
        #expect(penalties(dry) == [2: 2])
        dry.append(2)
        #expect(penalties(dry).isEmpty)
        dry.append(5)
        #expect(penalties(dry) == [6: 1])
        #expect(penalties(dry) == penalties(DryPenalty([9, 1, 2, 5, 6, 9, 1, 2, 5], breakers: breakers)))
    }
}
