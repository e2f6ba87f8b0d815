import Testing

@testable import Inference

@Suite struct DepthPolicyTests {
    private func survival(_ chance: Double, _ count: Int = 15) -> [Double] {
        (1...count).map { step in (0..<step).reduce(1.0) { product, _ in product * chance } }
    }

    private func costs(plain: Double, round: Double = 0, _ rows: @escaping (Int) -> Double) -> DepthPolicy.Costs {
        DepthPolicy.Costs(plain: plain, together: rows, alone: nil, round: round)
    }

    @Test func `good guesses go as far as rows are cheap`() {
        let flat = costs(plain: 10) { 10 + 0.1 * Double($0) }
        let plan = DepthPolicy.plan([.init(survival: survival(0.95))], rowsFree: 64, costs: flat)
        #expect(plan.depths == [15])
        #expect(plan.gain > 5)
    }

    @Test func `guesses that do not pay are left`() {
        let dear = costs(plain: 10) { 10 + 10 * Double($0) }
        #expect(DepthPolicy.plan([.init(survival: survival(0.9))], rowsFree: 64, costs: dear).isEmpty)
        let flat = costs(plain: 10) { 10 + 0.5 * Double($0) }
        #expect(DepthPolicy.plan([.init(survival: survival(0.02))], rowsFree: 64, costs: flat).isEmpty)
    }

    @Test func `a whole tile may be better than a part of it`() {
        let tiles = costs(plain: 4) { $0 == 15 ? 27 : 4 + 9 * Double($0) }
        #expect(DepthPolicy.plan([.init(survival: survival(0.98))], rowsFree: 64, costs: tiles).depths == [15])
        #expect(DepthPolicy.plan([.init(survival: survival(0.8))], rowsFree: 64, costs: tiles).isEmpty)
    }

    @Test func `rounds of the draft model count`() {
        func depth(round: Double) -> Int {
            let flat = costs(plain: 10, round: round) { 10 + 0.1 * Double($0) }
            return DepthPolicy.plan(
                [.init(survival: survival(0.8), needsRounds: true)], rowsFree: 64, costs: flat
            ).depths[0]
        }
        #expect(depth(round: 0.1) > depth(round: 2))
        #expect(depth(round: 2) > 0)
        #expect(depth(round: 9) == 0)
    }

    @Test func `what must be read first counts`() {
        let flat = costs(plain: 10) { 10 + 0.1 * Double($0) }
        var candidate = DepthPolicy.Candidate(survival: survival(0.8), needsRounds: true)
        #expect(!DepthPolicy.plan([candidate], rowsFree: 64, costs: flat).isEmpty)
        candidate.overhead = 9
        #expect(DepthPolicy.plan([candidate], rowsFree: 64, costs: flat).isEmpty)
    }

    @Test func `of several answers the likeliest tokens go first`() {
        let some = costs(plain: 10) { 10 + 1.5 * Double($0) }
        let plan = DepthPolicy.plan(
            [.init(survival: survival(0.3)), .init(), .init(survival: survival(0.95))], rowsFree: 64, costs: some)
        #expect(plan.depths[1] == 0)
        #expect(plan.depths[2] > plan.depths[0])
        #expect(plan.depths[2] > 3)
    }

    @Test func `rows that are not there are not used`() {
        let free = costs(plain: 10) { _ in 10 }
        let two = [DepthPolicy.Candidate(survival: survival(0.9)), .init(survival: survival(0.9))]
        for rows in 0...20 {
            let depths = DepthPolicy.plan(two, rowsFree: rows, costs: free).depths
            #expect(depths.reduce(0, +) == rows)
        }
    }

    @Test func `a guess that is too short is none`() {
        let some = costs(plain: 10) { 10 + 3 * Double($0) }
        let short = DepthPolicy.plan([.init(survival: survival(0.7, 3), tokensMin: 4)], rowsFree: 64, costs: some)
        #expect(short.isEmpty)
    }

    @Test func `where many rows are dear each guess is computed by itself`() {
        var costs = costs(plain: 16) { $0 == 0 ? 16 : 20 * Double($0) }
        costs.alone = { 4 + 0.5 * Double($0) }
        let plan = DepthPolicy.plan(
            [.init(survival: survival(0.95)), .init(survival: survival(0.95)), .init(), .init()], rowsFree: 64,
            costs: costs)
        #expect(plan.isApart)
        #expect(plan.depths[0] > 5 && plan.depths[1] > 5 && plan.depths[2] == 0)
    }
}

@Suite struct ProbeAllowanceTests {
    @Test func `a small part of the time may be spent`() {
        var allowance = ProbeAllowance()
        #expect(!allowance.covers(0.001))
        for _ in 0..<100 { allowance.accrue(0.01) }
        #expect(allowance.covers(0.009) && !allowance.covers(0.011))
        allowance.spend(0.05)
        #expect(!allowance.covers(0))
        for _ in 0..<500 { allowance.accrue(0.01) }
        #expect(allowance.covers(0))
    }

    @Test func `what is saved has a bound, and what is no time does not count`() {
        var allowance = ProbeAllowance()
        allowance.accrue(1e9)
        #expect(allowance.seconds == ProbeAllowance.savedMax)
        allowance.accrue(.nan)
        allowance.accrue(-5)
        allowance.spend(.nan)
        #expect(allowance.seconds == ProbeAllowance.savedMax)
    }
}
