import Foundation
import TestRandomness
import Testing

@testable import LlamaRuntime

@Suite struct DivergenceTests {
    @Test func `quantiles are those of the sorted numbers, to half a per cent`() {
        var random = SeededRandom(seed: 11)
        var divergence = Divergence()
        var all: [Double] = []
        for _ in 0..<5_000 {
            // Over many magnitudes, as divergences are.
            let nats = exp(Double.random(in: -24...3, using: &random))
            all.append(nats)
            divergence.add(nats: nats, agrees: nats < 1)
        }
        all.sort()
        for share in [0.01, 0.5, 0.9, 0.99, 0.999] {
            let exact = all[Int((Double(all.count) * share).rounded(.up)) - 1]
            #expect(abs(divergence.quantile(share) / exact - 1) <= 0.0051, "\(share)")
        }
        #expect(divergence.quantile(1) <= divergence.largest)
        #expect(abs(divergence.agreement - Double(all.count { $0 < 1 }) / 5_000) < 1e-12)
    }

    @Test func `what is the same has no distance, and nothing measured has none that could be told`() {
        var divergence = Divergence()
        #expect(divergence.quantile(0.99).isNaN && divergence.mean.isNaN)
        for _ in 0..<10 { divergence.add(nats: 0, agrees: true) }
        #expect(divergence.quantile(0.99) == 0 && divergence.mean == 0 && divergence.agreement == 1)
        divergence.add(nats: 1e9, agrees: false)
        #expect(divergence.quantile(1) <= 1e9 && divergence.quantile(0.5) == 0)
    }

    @Test func `the divergence of two rows is the sum over their probabilities`() throws {
        let (first, second): ([Float], [Float]) = ([1, 2, 3, -4], [0.5, 2.5, 2, -1])
        func probabilities(_ logits: [Float]) -> [Double] {
            let weights = logits.map { exp(Double($0)) }
            return weights.map { $0 / weights.reduce(0, +) }
        }
        let (p, q) = (probabilities(first), probabilities(second))
        let exact = zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
        let found = first.withUnsafeBufferPointer { mine in
            second.withUnsafeBufferPointer { theirs in
                LogitSummary(mine).divergence(mine, to: LogitSummary(theirs), theirs)
            }
        }
        #expect(abs(found - exact) < 1e-12)
        let surprise = first.withUnsafeBufferPointer { LogitSummary($0).surprise(of: 2, in: $0) }
        #expect(abs(surprise + log(p[2])) < 1e-12)
    }
}
