import Testing

@testable import Access

@Suite struct RefusalTallyTests {
    @Test func `the first are told, the rest counted`() {
        var tally = RefusalTally()
        for _ in 0..<RefusalTally.toldMax { #expect(tally.take(from: "a", now: 5).verdict == .tell) }
        for _ in 0..<30 { #expect(tally.take(from: "a", now: 6).verdict == .count) }
        #expect(tally.take(from: "b", now: 6).verdict == .tell)
        let (verdict, ended) = tally.take(from: "a", now: 5 + RefusalTally.window)
        #expect(verdict == .tell && ended == [.init(address: "a", count: 30)])
        #expect(tally.ended(now: .max) == [])
    }

    @Test func `a clock that goes back begins a new window`() {
        var tally = RefusalTally()
        for _ in 0...RefusalTally.toldMax { _ = tally.take(from: "a", now: 100) }
        #expect(tally.take(from: "a", now: 50) == (.tell, [.init(address: "a", count: 1)]))
    }

    @Test func `addresses are bounded, and nothing counted is forgotten`() {
        var tally = RefusalTally()
        for _ in 0..<(RefusalTally.toldMax + 2) { _ = tally.take(from: "first", now: 0) }
        var ended: [RefusalTally.Summary] = []
        for number in 1...(RefusalTally.addressesMax + 5) {
            ended += tally.take(from: "\(number)", now: Int64(number)).ended
        }
        #expect(ended == [.init(address: "first", count: 2)])
    }
}

@Suite struct KeyUsePatternsTests {
    @Test func `an address is new once`() {
        var patterns = KeyUsePatterns()
        #expect(patterns.take("k", from: "a", now: 1) == [.newAddress])
        #expect(patterns.take("k", from: "a", now: 2) == [])
        #expect(patterns.take("k", from: "b", now: 3) == [.newAddress])
        #expect(patterns.take("k", from: "a", now: 4) == [])
        #expect(patterns.take("l", from: "a", now: 5) == [.newAddress])
    }

    @Test func `a burst is told once a minute`() {
        var patterns = KeyUsePatterns()
        var signs: [KeyUsePatterns.Sign] = []
        for _ in 0..<(KeyUsePatterns.burst * 2) { signs += patterns.take("k", from: "a", now: 7) }
        #expect(signs == [.newAddress, .burst(KeyUsePatterns.burst)])
        signs = []
        for _ in 0..<KeyUsePatterns.burst { signs += patterns.take("k", from: "a", now: 7 + KeyUsePatterns.window) }
        #expect(signs == [.burst(KeyUsePatterns.burst)])
    }

    @Test func `keys and addresses are bounded`() {
        var patterns = KeyUsePatterns()
        for number in 0...KeyUsePatterns.addressesMax { _ = patterns.take("k", from: "\(number)", now: 1) }
        #expect(patterns.take("k", from: "0", now: 1) == [.newAddress])
        for number in 0..<(KeyUsePatterns.keysMax + 100) {
            _ = patterns.take("key\(number)", from: "a", now: Int64(number))
        }
        // The oldest was forgotten, the newest not.
        #expect(patterns.take("key\(KeyUsePatterns.keysMax + 99)", from: "a", now: 99_999) == [])
        #expect(patterns.take("key0", from: "a", now: 99_999) == [.newAddress])
    }
}
