import TestRandomness
import Testing
import Vocabulary

@testable import Inference

@Suite struct RoomPolicyTests {
    @Test func `the last one to come among the least urgent gives way`() {
        #expect(RoomPolicy.givingWay(among: []) == nil)
        #expect(RoomPolicy.givingWay(among: [(1, .low)]) == nil, "one that is alone has nobody to give way to")
        #expect(RoomPolicy.givingWay(among: [(1, .normal), (2, .normal)]) == 2)
        #expect(RoomPolicy.givingWay(among: [(1, .low), (2, .normal), (3, .critical)]) == 1)
        #expect(RoomPolicy.givingWay(among: [(4, .low), (2, .low), (9, .high)]) == 4)
    }

    @Test func `whoever comes back finds room for its prompt and for everybody beside it`() {
        #expect(RoomPolicy.cellsToStart(prompt: 100, computed: 20, running: 0) == 101)
        #expect(RoomPolicy.cellsToStart(prompt: 100, computed: 120, running: 0) == 121)
        #expect(RoomPolicy.cellsToStart(prompt: 100, computed: 20, running: 2) == 100 + 3 * 64)
    }

    @Test func `only a more urgent one starts where there is no room`() {
        #expect(!RoomPolicy.mustWait(.normal, cells: 50, cellsFree: 50, running: [.normal]))
        #expect(RoomPolicy.mustWait(.normal, cells: 51, cellsFree: 50, running: [.normal]))
        #expect(!RoomPolicy.mustWait(.high, cells: 51, cellsFree: 50, running: [.normal, .high]))
        #expect(!RoomPolicy.mustWait(.low, cells: 51, cellsFree: 0, running: []), "nobody will ever make room for it")
    }

    /// Sequences of random sizes in too few cells, as the engine uses the policy: all are done in the end.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `nobody is pushed out for ever`(seed: UInt64) {
        struct One {
            let key: UInt64
            let priority: Priority
            let prompt: Int
            let total: Int
            var computed = 0
        }
        var random = SeededRandom(seed: seed)
        let cells = 400
        var waiting = (0..<12).map { key in
            let prompt = Int.random(in: 1...300, using: &random)
            return One(
                key: UInt64(key), priority: Priority.allCases.randomElement(using: &random) ?? .normal, prompt: prompt,
                total: min(cells, prompt + Int.random(in: 1...200, using: &random)))
        }
        var running: [One] = []
        var parkings = 0
        var steps = 0
        while !(waiting.isEmpty && running.isEmpty), steps < 20_000 {
            steps += 1
            let free = cells - running.reduce(0) { $0 + $1.computed }
            if running.count < 4, let next = waiting.first,
                RoomPolicy.cellsToStart(prompt: next.prompt, computed: next.computed, running: running.count) <= free
            {
                running.append(waiting.removeFirst())
                continue
            }
            let wanted = running.map { min(32, max(1, $0.prompt - $0.computed)) }
            if wanted.reduce(0, +) > free {
                guard let key = RoomPolicy.givingWay(among: running.map { ($0.key, $0.priority) }),
                    let index = running.firstIndex(where: { $0.key == key })
                else {
                    running.removeAll()
                    continue
                }
                parkings += 1
                waiting.insert(running.remove(at: index), at: 0)
                continue
            }
            for (index, count) in wanted.enumerated() { running[index].computed += count }
            running.removeAll { $0.computed >= $0.total }
        }
        #expect(waiting.isEmpty && running.isEmpty, "after \(steps) steps")
        #expect(parkings < 200)
    }
}
