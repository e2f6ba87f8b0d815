import TestRandomness
import Testing

@testable import Inference

@Suite struct RowPlanTests {
    /// What was seen of a processor's tiles, in milliseconds.
    private static let truth = [1: 3.9, 2: 8.2, 4: 11.5, 8: 15.8, 16: 13.8, 32: 30]
    /// What fills the steps of so many rows best: tiles of sixteen.
    private static let sixteens = [RowGroups.Group](repeating: .init(rows: 16, computed: 16), count: 2)

    /// Runs steps of so many rows, which take what the truth says and a little more or less.
    ///
    /// - Returns: milliseconds of all steps.
    private func run(_ plan: inout RowPlan, rows: Int, steps: Int, slowed: Double = 1, seed: UInt64 = 1) -> Double {
        var random = SeededRandom(seed: seed)
        var total = 0.0
        for _ in 0..<steps {
            let groups = plan.next(rows: rows)
            #expect(groups.reduce(0) { $0 + $1.rows } == rows)
            for group in groups {
                let taken = (Self.truth[group.computed] ?? 0) * slowed * Double.random(in: 0.95...1.15, using: &random)
                plan.observe(rows: group.computed, seconds: taken / 1_000)
                total += taken
            }
        }
        return total
    }

    private func milliseconds(_ groups: [RowGroups.Group]) -> Double {
        groups.reduce(0) { $0 + (Self.truth[$1.computed] ?? 0) }
    }

    private func plan(_ change: (Int, Double) -> Double = { $1 }) -> RowPlan {
        RowPlan(
            Self.truth.sorted { $0.key < $1.key }.map {
                .init(rows: $0.key, seconds: change($0.key, $0.value) / 1_000)
            },
            rowsMax: 32)
    }

    @Test func `what was measured well stays, and trials cost little`() {
        var plan = plan()
        let total = run(&plan, rows: 32, steps: 5_000)
        #expect(plan.groups.groups(of: 32) == Self.sixteens)
        #expect(total < 5_000 * 2 * 13.8 * 1.05 * 1.05)
    }

    @Test(arguments: [1, 4, 16]) func `a size that was measured in a bad moment is found out`(bad: Int) {
        var plan = plan { rows, time in rows == bad ? time * 4 : time }
        for rows in [32, 16, 4, 1, 32, 16, 4] { _ = run(&plan, rows: rows, steps: 5_000) }
        // Two of sixteen are but a twelfth faster than one of 32.
        #expect(milliseconds(plan.groups.groups(of: 32)) <= 30)
        #expect(plan.groups.groups(of: 16) == [.init(rows: 16, computed: 16)])
        #expect(plan.groups.groups(of: 4) == [.init(rows: 4, computed: 4)])
    }

    @Test func `sizes that there was no time for are found, too`() {
        let known = Self.truth.filter { $0.key <= 4 }.sorted { $0.key < $1.key }
        var plan = RowPlan(
            known.map { .init(rows: $0.key, seconds: $0.value / 1_000) }, sizes: Self.truth.keys.sorted(), rowsMax: 32)
        for rows in [32, 16, 32] { _ = run(&plan, rows: rows, steps: 5_000) }
        #expect(milliseconds(plan.groups.groups(of: 32)) <= 30)
        #expect(plan.groups.groups(of: 16) == [.init(rows: 16, computed: 16)])
    }

    @Test func `a neighbour who slows everything changes no group for the worse`() {
        var plan = plan()
        _ = run(&plan, rows: 32, steps: 500)
        _ = run(&plan, rows: 32, steps: 2_000, slowed: 3)
        // Two of sixteen are but a twelfth faster than one of 32.
        #expect(milliseconds(plan.groups.groups(of: 32)) <= 30)
        #expect(plan.groups.groups(of: 16) == [.init(rows: 16, computed: 16)])
        #expect(plan.groups.groups(of: 4) == [.init(rows: 4, computed: 4)])
    }

    @Test func `a single row is never tried otherwise`() {
        var plan = plan()
        for _ in 0..<3_000 { #expect(plan.next(rows: 1) == [.init(rows: 1, computed: 1)]) }
    }
}
