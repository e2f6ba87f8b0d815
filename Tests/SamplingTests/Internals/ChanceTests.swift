import Testing

@testable import Sampling

@Suite struct ChanceTests {
    /// The C++ standard names the 10000th number of the default seed ([rand.predef]).
    @Test func `the numbers are those of the Mersenne twister`() {
        var chance = MersenneTwister(seed: 5_489)
        #expect(chance.next() == 3_499_211_612)
        var last: UInt32 = 0
        for _ in 1..<10_000 { last = chance.next() }
        #expect(last == 4_123_659_995)
    }

    @Test func `fractions lie from 0 up to 1 and fill it evenly`() {
        var chance = MersenneTwister(seed: 1)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let fraction = chance.fraction()
            #expect(fraction >= 0 && fraction < 1)
            counts[Int(fraction * 10)] += 1
            let short = chance.shortFraction()
            #expect(short >= 0 && short < 1)
        }
        #expect(counts.allSatisfy { abs($0 - 1_000) < 150 }, "\(counts)")
    }
}
