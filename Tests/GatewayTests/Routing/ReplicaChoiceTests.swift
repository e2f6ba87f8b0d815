import Gateway
import TestRandomness
import Testing

@Suite struct ReplicaChoiceTests {
    @Test func `the least busy one answers, and equal ones take turns`() {
        let three = [1: 2, 2: 0, 3: 0].map { ReplicaChoice.Candidate(id: $0.key, inFlight: $0.value) }.sorted {
            $0.id < $1.id
        }
        let chosen = (0..<4).map { ReplicaChoice.choose(three, affinity: nil, turn: $0) }
        #expect(chosen == [2, 3, 2, 3])
        #expect(ReplicaChoice.choose([], affinity: 1, turn: 0) == nil)
    }

    @Test func `a conversation comes back to its server, unless that has much more to do`() throws {
        var candidates = (1...4).map { ReplicaChoice.Candidate(id: $0, inFlight: 0) }
        let affinity = ReplicaChoice.affinity(of: ["tenant", "You are kind."])
        let home = try #require(ReplicaChoice.choose(candidates, affinity: affinity, turn: 0))
        for turn in 1..<20 { #expect(ReplicaChoice.choose(candidates, affinity: affinity, turn: turn) == home) }
        for parallel in [1, 4, 9] {
            let slack = ReplicaChoice.slack(parallel: parallel)
            candidates[home - 1].inFlight = slack
            #expect(ReplicaChoice.choose(candidates, affinity: affinity, turn: 0, slack: slack) == home)
            candidates[home - 1].inFlight = slack + 1
            #expect(ReplicaChoice.choose(candidates, affinity: affinity, turn: 0, slack: slack) != home)
        }
        #expect(ReplicaChoice.affinity(of: ["ab", "c"]) != ReplicaChoice.affinity(of: ["a", "bc"]))
    }

    @Test func `conversations spread over all servers, and move only when theirs goes`() {
        var random = SeededRandom(seed: 5)
        let four = (1...4).map { ReplicaChoice.Candidate(id: $0, inFlight: 0) }
        let three = four.filter { $0.id != 3 }
        var counts: [Int: Int] = [:]
        for _ in 0..<4_000 {
            let affinity = UInt64.random(in: 0 ... .max, using: &random)
            let before = ReplicaChoice.choose(four, affinity: affinity, turn: 0)
            let after = ReplicaChoice.choose(three, affinity: affinity, turn: 0)
            counts[before ?? 0, default: 0] += 1
            #expect(before == after || before == 3)
        }
        for id in 1...4 { #expect((900...1_100).contains(counts[id] ?? 0), "\(counts)") }
    }

    @Test func `shares of callers are even, and stay`() {
        let shares = (0..<4_000).map { ReplicaChoice.share(of: ["route", "caller \($0)"]) }
        #expect(shares.allSatisfy { (0..<1).contains($0) })
        #expect((340...460).contains(shares.count { $0 < 0.1 }), "\(shares.count { $0 < 0.1 })")
        #expect(shares[7] == ReplicaChoice.share(of: ["route", "caller 7"]))
        #expect(shares[7] != ReplicaChoice.share(of: ["other", "caller 7"]))
    }
}
