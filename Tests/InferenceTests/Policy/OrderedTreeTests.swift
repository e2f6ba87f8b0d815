import TestRandomness
import Testing

@testable import Inference

@Suite struct OrderedTreeTests {
    @Test func `an empty tree has no first element and nothing before any place`() {
        var tree = OrderedTree()
        #expect(tree.isEmpty)
        #expect(tree.first == nil)
        #expect(tree.before(QueuePlace(sequence: 1)) == (0, 0))
        #expect(tree.remove(QueuePlace(sequence: 1)) == false)
    }

    @Test func `places order by number, then by arrival`() {
        var tree = OrderedTree()
        tree.insert(QueuePlace(2, sequence: 1), value: 1)
        tree.insert(QueuePlace(1, sequence: 3), value: 3)
        tree.insert(QueuePlace(1, sequence: 2), value: 2)
        var values: [UInt64] = []
        while let first = tree.first {
            values.append(first.value)
            tree.remove(first.place)
        }
        #expect(values == [2, 3, 1])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random changes leave it equal to a sorted array`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var tree = OrderedTree()
        var sorted: [(place: QueuePlace, value: UInt64, cost: Int)] = []
        for step in 0..<3000 as Range<UInt64> {
            if sorted.isEmpty || Int.random(in: 0..<5, using: &random) < 3 {
                let place = QueuePlace(Double(Int.random(in: 0..<40, using: &random)), sequence: step)
                let cost = Int.random(in: 0..<100, using: &random)
                tree.insert(place, value: step, cost: cost)
                sorted.insert((place, step, cost), at: sorted.firstIndex { place < $0.place } ?? sorted.count)
            } else {
                let index = Int.random(in: sorted.indices, using: &random)
                let removed = sorted.remove(at: index)
                #expect(tree.remove(removed.place) == true)
            }
            #expect(tree.count == sorted.count)
            #expect(tree.first?.value == sorted.first?.value)
            let place = QueuePlace(Double(Int.random(in: 0..<40, using: &random)), sequence: step / 2)
            let before = sorted.prefix { $0.place < place }
            #expect(tree.before(place) == (before.count, before.reduce(0) { $0 + $1.cost }))
            let wanted = UInt64.random(in: 0..<7, using: &random)
            #expect(tree.first { $0.value % 7 == wanted }?.value == sorted.first { $0.value % 7 == wanted }?.value)
        }
    }
}
