import TestRandomness
import Testing
import Vocabulary

@testable import Inference

@Suite struct AdapterTurnsTests {
    private func set(_ id: Int) -> AdapterSet { AdapterSet([AdapterScale(id: id, scale: 1)]) }

    @Test func `a set keeps its turn until its time is used`() {
        var turns = AdapterTurns()
        let sets = [set(1), set(2)]
        #expect(turns.next(among: sets) == set(1))
        turns.computed(for: AdapterTurns.turnMax / 2)
        #expect(turns.next(among: sets) == set(1))
        turns.computed(for: AdapterTurns.turnMax / 2)
        #expect(turns.next(among: sets) == set(2))
        #expect(turns.used == .zero)
        // Planning again without computing changes nothing.
        for _ in 0..<5 { #expect(turns.next(among: sets) == set(2)) }
    }

    @Test func `who leaves gives the turn away, and who comes waits for one`() {
        var turns = AdapterTurns()
        #expect(turns.next(among: [set(1), set(2)]) == set(1))
        #expect(turns.next(among: [set(2), set(3)]) == set(2))
        turns.computed(for: .seconds(1))
        // Neither had a turn; the first one came first.
        #expect(turns.next(among: [set(3), set(2), .none]) == set(3))
        turns.computed(for: .seconds(1))
        #expect(turns.next(among: [set(3), set(2), .none]) == AdapterSet.none)
    }

    @Test func `time alone is no turn`() {
        var turns = AdapterTurns()
        turns.alone(set(1))
        turns.computed(for: .seconds(9))
        turns.alone(set(1))
        #expect(turns.next(among: [set(1), set(2)]) == set(1), "the other one has only just come")
        turns.alone(.none)
        #expect(turns.current == AdapterSet.none)
    }

    @Test func `a change is one against the step before`() {
        var turns = AdapterTurns()
        let sets: [AdapterSet?] = [AdapterSet([]), AdapterSet([]), set(1), set(1), nil, set(1), AdapterSet([])]
        let seen = sets.map { turns.changes(to: $0) }
        #expect(seen == [false, false, true, false, false, false, true])
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `nobody starves`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var turns = AdapterTurns()
        var active: [AdapterSet] = [.none]
        var waited: [AdapterSet: Int] = [:]
        for _ in 0..<2_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where active.count < 6:
                let new = set(Int.random(in: 0..<8, using: &random))
                if !active.contains(new) { active.append(new) }
            case 1 where active.count > 1: active.remove(at: Int.random(in: 0..<active.count, using: &random))
            default: break
            }
            if active.count == 1 {
                turns.alone(active[0])
                waited = [:]
                continue
            }
            let chosen = turns.next(among: active)
            #expect(active.contains(chosen))
            turns.computed(for: AdapterTurns.turnMax * Double.random(in: 0.2...1.5, using: &random))
            waited = waited.filter { active.contains($0.key) }
            for each in active { waited[each] = each == chosen ? 0 : waited[each, default: 0] + 1 }
            // A turn is at most five steps of this simulation, and at most five others have one before; those that come
            // and go meanwhile have had none and go first.
            #expect(waited.values.allSatisfy { $0 <= 5 * 5 * 4 }, "\(waited)")
        }
    }
}
