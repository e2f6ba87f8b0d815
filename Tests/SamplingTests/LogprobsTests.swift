import Foundation
import Sampling
import TestRandomness
import Testing

@Suite struct LogprobsTests {
    @Test(arguments: [1, 40, 64, 700])
    func `logprobs are the logarithms of the softmax`(count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        let row = (0..<count).map { _ in Float.random(in: -20...20, using: &random) }
        let sum = row.reduce(0) { $0 + exp(Double($1)) }
        let expected = row.map { Double($0) - log(sum) }
        let chosen = Int32(count / 3)
        let result = try TokenLogprobs(
            of: row.span, chosen: chosen, count: 20, scratch: SamplingScratch(vocabularyCount: count))
        #expect(abs(result.chosen - expected[Int(chosen)]) < 1e-5)
        let best = expected.enumerated().sorted { $0.element > $1.element }.prefix(20)
        #expect(result.top.map(\.token) == best.map { Int32($0.offset) })
        #expect(zip(result.top, best).allSatisfy { abs($0.logprob - $1.element) < 1e-5 })
    }

    @Test func `impossible tokens are never among the top`() throws {
        var row = [Float](repeating: -.infinity, count: 100)
        row[9] = 2
        row[80] = 2
        let result = try TokenLogprobs(of: row.span, chosen: 5, count: 20, scratch: .init(vocabularyCount: 100))
        #expect(result.chosen == -.infinity)
        #expect(result.top.map(\.token) == [9, 80])
        #expect(result.top.allSatisfy { abs($0.logprob + 0.693_147) < 1e-5 })
        row[9] = .nan
        #expect(throws: SamplingError.notFinite) {
            try TokenLogprobs(of: row.span, chosen: 5, count: 0, scratch: .init(vocabularyCount: 100))
        }
    }
}
