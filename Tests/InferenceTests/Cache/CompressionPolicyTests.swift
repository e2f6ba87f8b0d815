import TestRandomness
import Testing

@testable import Inference

@Suite struct CompressionPolicyTests {
    private func held(_ count: Int, heavy: [Int: Float] = [:]) -> [CompressionPolicy.Weight] {
        (0..<count).map { .init(position: $0, attention: heavy[$0] ?? 0.001) }
    }

    @Test func `what keeps to its budget loses nothing`() {
        #expect(CompressionPolicy(budget: 100).dropped(of: held(100)) == [])
        #expect(CompressionPolicy(budget: 100).dropped(of: []) == [])
    }

    @Test func `the beginning, the latest and what was looked at stay, with its neighbours`() {
        let policy = CompressionPolicy(budget: 64)
        let dropped = policy.dropped(of: held(200, heavy: [50: 9, 100: 8]))
        let gone = Set(dropped.flatMap(Array.init))
        #expect(gone.count == 200 - 64)
        #expect(gone.isDisjoint(with: 0..<4) && gone.isDisjoint(with: 168..<200))
        #expect(gone.isDisjoint(with: 47...53) && gone.isDisjoint(with: 97...103))
        // What is left of the budget goes to the latest of those that are all alike.
        #expect(gone.isDisjoint(with: 154..<168) && gone.contains(153))
    }

    @Test func `the most recent stay where attention does not count`() {
        let policy = CompressionPolicy(budget: 64, measure: .recency)
        #expect(policy.dropped(of: held(200, heavy: [50: 9])) == [4..<140])
    }

    @Test func `numbers that are none count for nothing`() {
        let policy = CompressionPolicy(budget: 64)
        let dropped = policy.dropped(of: held(200, heavy: [50: .nan, 60: .infinity, 100: 1]))
        #expect(dropped.reduce(0) { $0 + $1.count } == 136)
        #expect(!dropped.contains { $0.contains(100) })
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `exactly the budget stays, in ranges that do not touch`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let policy = CompressionPolicy(budget: Int.random(in: 1...300, using: &random))
        var position = 0
        let all = (0..<Int.random(in: 0...600, using: &random)).map { _ in
            position += Int.random(in: 1...3, using: &random)
            return CompressionPolicy.Weight(position: position, attention: .random(in: 0...1, using: &random))
        }
        let dropped = policy.dropped(of: all)
        let stay = all.filter { one in !dropped.contains { $0.contains(one.position) } }
        #expect(stay.count == min(all.count, max(64, policy.budget)))
        #expect(zip(dropped, dropped.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        let positions = Set(all.map(\.position))
        #expect(dropped.allSatisfy { positions.isSuperset(of: $0) }, "a range names what is not held")
    }

    @Test func `attention goes from cells to positions`() {
        var seen = ObservedAttention(weights: [0, 5, 7, 1], visible: [1, 3])
        #expect(seen.weights(of: [20, 10]) == [.init(position: 10, attention: 1), .init(position: 20, attention: 5)])
        #expect(seen.weights(of: [20]) == nil)
        seen.add(ObservedAttention(weights: [0, 1, 0, 1, 2], visible: [1, 3, 4]))
        #expect(
            seen.weights(of: [20, 10, 30]) == [
                .init(position: 10, attention: 2), .init(position: 20, attention: 6), .init(position: 30, attention: 2),
            ])
    }
}
