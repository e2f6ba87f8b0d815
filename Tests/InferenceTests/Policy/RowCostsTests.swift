import Testing

@testable import Inference

@Suite struct RowCostsTests {
    /// What was seen of a processor's tiles, in milliseconds.
    private let tiles = RowCosts(
        [(1, 4.0), (2, 9), (4, 25), (8, 40), (16, 27), (32, 67)].map {
            RowGroups.Measurement(rows: $0.0, seconds: $0.1 / 1_000)
        })

    @Test func `steps are filled up to what is faster`() {
        #expect(tiles.computed(1) == 1)
        #expect(tiles.computed(3) == 4 && tiles.computed(5) == 16 && tiles.computed(8) == 16)
        #expect(tiles.seconds(8) == 0.027)
        #expect(tiles.computed(17) == 32)
    }

    @Test func `beyond what was measured a row costs what it costs there`() {
        #expect(tiles.computed(40) == 40)
        #expect(abs(tiles.seconds(64) - 0.134) < 1e-9)
    }

    @Test func `a lasting change is followed, by other sizes too`() {
        var costs = tiles
        for _ in 0..<100 { costs.observe(rows: 1, seconds: 0.008) }
        #expect(abs(costs.seconds(1) - 0.008) < 1e-4)
        #expect(costs.seconds(32) > 0.12)
    }

    @Test func `one outlier changes little, and what is no time nothing`() {
        var costs = tiles
        costs.observe(rows: 1, seconds: 10)
        #expect(costs.seconds(1) < 0.005)
        let before = costs.seconds(1)
        for seconds in [0, -1, .nan, .infinity] { costs.observe(rows: 1, seconds: seconds) }
        costs.observe(rows: 3, seconds: 1)
        #expect(costs.seconds(1) == before)
    }

    @Test func `without measurements a row more costs little`() {
        let guess = RowCosts([])
        #expect(guess.seconds(1) > 0 && guess.seconds(16) < 2 * guess.seconds(1))
        #expect(guess.seconds(64) > guess.seconds(16))
    }
}
