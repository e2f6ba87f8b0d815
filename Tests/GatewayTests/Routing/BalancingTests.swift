import Gateway
import TestRandomness
import Testing

@Suite struct BalancingTests {
    private let three = ["a", "b", "c"].map { Balancing.Candidate(name: $0, parallel: 4) }

    @Test func `the least busy one is asked first, for what it can do at once`() {
        var random = SeededRandom(seed: 2)
        var candidates = three
        candidates[0].inFlight = 2
        candidates[1].inFlight = 3
        candidates[1].parallel = 8
        candidates[2].inFlight = 4
        #expect(Balancing.leastBusy.order(candidates, affinity: nil, using: &random).map(\.name) == ["b", "a", "c"])
    }

    @Test func `those that must be loaded come last, unless the order is the operator's`() {
        var random = SeededRandom(seed: 2)
        var candidates = three
        candidates[0].isReady = false
        for way in Balancing.allCases {
            let first = way.order(candidates, affinity: 7, using: &random)[0].name
            #expect((first == "a") == (way == .ordered), "\(way)")
        }
    }

    @Test func `the faster of two is asked, and a slow one rarely`() {
        var random = SeededRandom(seed: 2)
        var candidates = three
        candidates[0].latency = 0.9
        candidates[1].latency = 0.1
        candidates[2].latency = 0.1
        var counts: [String: Int] = [:]
        for _ in 0..<3_000 {
            counts[Balancing.lowestLatency.order(candidates, affinity: nil, using: &random)[0].name, default: 0] += 1
        }
        #expect(counts["a"] == nil && (1_300...1_700).contains(counts["b"] ?? 0), "\(counts)")
    }

    @Test func `a conversation comes back to its deployment until that is clearly busier`() {
        var random = SeededRandom(seed: 2)
        var homes: Set<String> = []
        for affinity in 0..<200 as Range<UInt64> {
            let home = Balancing.warmPrefix.order(three, affinity: affinity, using: &random)[0].name
            homes.insert(home)
            var busy = three
            for place in busy.indices where busy[place].name == home { busy[place].inFlight = 2 }
            #expect(Balancing.warmPrefix.order(busy, affinity: affinity, using: &random)[0].name == home)
            for place in busy.indices where busy[place].name == home { busy[place].inFlight = 3 }
            #expect(Balancing.warmPrefix.order(busy, affinity: affinity, using: &random)[0].name != home)
        }
        #expect(homes == ["a", "b", "c"])
    }

    /// Queues of three deployments, one of which is four times slower: what finishes when requests choose by each way.
    @Test func `latency and load keep a slow deployment's queue short, and turns do not`() {
        func longestQueue(_ way: Balancing) -> Int {
            var random = SeededRandom(seed: 9)
            var queues = [0, 0, 0]
            var work = [0.0, 0.0, 0.0]
            let speed = [1.0, 1.0, 0.25]
            var longest = 0
            for _ in 0..<6_000 {
                // 1.8 requests in each step, for 2.25 that can be answered.
                for _ in 0..<(Double.random(in: 0..<1, using: &random) < 0.8 ? 2 : 1) {
                    let candidates = (0..<3).map { place in
                        Balancing.Candidate(
                            name: "\(place)", weight: 1, inFlight: queues[place], latency: 1 / speed[place])
                    }
                    let chosen = Int(way.order(candidates, affinity: nil, using: &random)[0].name) ?? 0
                    queues[chosen] += 1
                }
                for place in 0..<3 where queues[place] > 0 {
                    work[place] += speed[place]
                    while work[place] >= 1, queues[place] > 0 {
                        work[place] -= 1
                        queues[place] -= 1
                    }
                }
                longest = max(longest, queues.max() ?? 0)
            }
            return longest
        }
        let (turns, busy, latency) = (longestQueue(.weighted), longestQueue(.leastBusy), longestQueue(.lowestLatency))
        #expect(turns > 500 && busy < 40 && latency < 40, "\(turns) \(busy) \(latency)")
    }

    @Test func `nobody is lost and nobody comes twice`() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let candidates = (0..<Int.random(in: 0...9, using: &random)).map {
                Balancing.Candidate(
                    name: "\($0)", weight: Double.random(in: 0...2, using: &random),
                    inFlight: Int.random(in: 0...5, using: &random),
                    latency: Bool.random(using: &random) ? Double.random(in: 0...2, using: &random) : nil,
                    isReady: Bool.random(using: &random))
            }
            for way in Balancing.allCases {
                let ordered = way.order(candidates, affinity: random.next(), using: &random)
                #expect(ordered.map(\.name).sorted() == candidates.map(\.name).sorted())
            }
        }
    }
}
