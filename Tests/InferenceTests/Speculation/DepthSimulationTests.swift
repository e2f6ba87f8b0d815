import TestRandomness
import Testing

@testable import Inference

/// Answers of several hundred tokens in a made-up time: what the policy makes of guesses that are right with a chance that
/// it does not know.
@Suite struct DepthSimulationTests {
    /// Milliseconds of a step by its rows.
    enum Machine: String, CaseIterable, Sendable {
        /// Reading weights is what counts, as with large models.
        case flat
        /// Whole tiles are computed, as seen on a processor.
        case tiles
        /// Each row costs as much as the first.
        case dear

        var costs: RowCosts {
            RowCosts(
                RowGroups.sizes(rowsMax: 64).map { RowGroups.Measurement(rows: $0, seconds: milliseconds($0) / 1_000) })
        }

        private func milliseconds(_ rows: Int) -> Double {
            switch self {
            case .flat: 40 + 0.5 * Double(rows - 1)
            case .tiles: rows == 1 ? 4 : 27 * Double((rows + 15) / 16)
            case .dear: 4 * Double(rows)
            }
        }
    }

    private struct Writer {
        let costs: RowCosts
        var shared = AcceptanceRecord(memory: 256)
        var drafts = SequenceDrafts(lookup: nil)
        var random: SeededRandom
        var seconds = 0.0
        var written = 0

        init(_ machine: Machine, seed: UInt64) {
            costs = machine.costs
            random = SeededRandom(seed: seed)
        }

        /// Writes tokens with guesses that are right with a chance each.
        mutating func write(_ count: Int, chance: Double, source: DraftSource = .longMatch, depth: Int = 31) {
            let end = written + count
            while written < end {
                let survival = drafts.isPaused ? [] : drafts.record.survival(source, count: depth, shared: shared)
                let plan = DepthPolicy.plan(
                    [.init(survival: survival)], rowsFree: 64,
                    costs: .init(plain: costs.seconds(1), together: { [costs] in costs.seconds(1 + $0) }, alone: nil))
                seconds += costs.seconds(1 + plan.depths[0])
                if plan.isEmpty {
                    drafts.follow(source, [Int32](repeating: 1, count: depth))
                    note(drafts.written(Double.random(in: 0..<1, using: &random) < chance ? 1 : 0))
                    written += 1
                } else {
                    var right = 0
                    while right < plan.depths[0], Double.random(in: 0..<1, using: &random) < chance { right += 1 }
                    let isRefused = right < plan.depths[0]
                    drafts.verified(source, drafted: plan.depths[0], accepted: right, isRefused: isRefused)
                    shared.note(source, right: right, isRefused: isRefused)
                    written += right + 1
                }
            }
        }

        private mutating func note(_ seen: [(source: DraftSource, position: Int, isRight: Bool)]) {
            for one in seen {
                shared.note(one.source, from: one.position, right: one.isRight ? 1 : 0, isRefused: !one.isRight)
            }
        }

        /// How many times faster than without guesses.
        var gain: Double { Double(written) * costs.seconds(1) / seconds }
    }

    @Test(arguments: Machine.allCases)
    func `poor guesses cost next to nothing`(machine: Machine) {
        for chance in [0.0, 0.05, 0.2] {
            var writer = Writer(machine, seed: 1)
            writer.write(600, chance: chance)
            #expect(writer.gain > 0.95, "\(machine) \(chance): \(writer.gain)")
        }
    }

    @Test func `good guesses pay where rows are cheap`() {
        var (flat, tiles, dear) = (Writer(.flat, seed: 2), Writer(.tiles, seed: 2), Writer(.dear, seed: 2))
        flat.write(600, chance: 0.95)
        tiles.write(600, chance: 0.99)
        dear.write(600, chance: 0.99)
        #expect(flat.gain > 4, "\(flat.gain)")
        #expect(tiles.gain > 1.5, "\(tiles.gain)")
        #expect(dear.gain > 0.97, "\(dear.gain)")
    }

    @Test func `guesses that become good are found out, and those that become poor`() {
        var writer = Writer(.tiles, seed: 3)
        writer.write(400, chance: 0)
        let (before, beforeTokens) = (writer.seconds, writer.written)
        writer.write(600, chance: 1)
        let good = Double(writer.written - beforeTokens) * writer.costs.seconds(1) / (writer.seconds - before)
        #expect(good > 1.4, "\(good)")
        let (middle, middleTokens) = (writer.seconds, writer.written)
        writer.write(600, chance: 0)
        let poor = Double(writer.written - middleTokens) * writer.costs.seconds(1) / (writer.seconds - middle)
        #expect(poor > 0.9, "\(poor)")
    }

    /// Near the point where guesses begin to pay, estimates are now and then too good: that costs some percent.
    @Test func `middling guesses are little worse than none at most`() {
        for machine in Machine.allCases {
            for percent in stride(from: 0, through: 100, by: 10) {
                var writer = Writer(machine, seed: UInt64(percent))
                writer.write(800, chance: Double(percent) / 100)
                #expect(writer.gain > 0.9, "\(machine) \(percent): \(writer.gain)")
            }
        }
    }
}
