import Gateway
import TestRandomness
import Testing

@Suite struct LimitMeterTests {
    private static let bucket = LimitPace.bucket(capacity: 20, refill: 10, per: 1_000)

    @Test func `a burst is served at once, then one for each tenth of a second`() {
        var meter = LimitMeter(fresh: Self.bucket, now: 5_000)
        for _ in 0..<20 {
            #expect(meter.wait(for: 1, Self.bucket, now: 5_000) == nil)
            meter.charge(1, Self.bucket)
        }
        #expect(meter.wait(for: 1, Self.bucket, now: 5_000) == 100)
        meter.advance(Self.bucket, now: 5_099)
        #expect(meter.wait(for: 1, Self.bucket, now: 5_099) == 1)
        meter.advance(Self.bucket, now: 5_100)
        #expect(meter.wait(for: 1, Self.bucket, now: 5_100) == nil)
        #expect(meter.reset(Self.bucket, now: 5_100) == 1_900)
    }

    /// However often it is looked at, nothing is lost and nothing is gained: after any time it is what one step gives.
    @Test(arguments: [3, 17, 99] as [UInt64])
    func `small steps add up to one large one`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let pace = LimitPace.bucket(
                capacity: .random(in: 1...1_000_000, using: &random), refill: .random(in: 1...10_000, using: &random),
                per: [1_000, 60_000, 3_600_000, 86_400_000].randomElement(using: &random) ?? 1_000)
            var small = LimitMeter(fresh: pace, now: 1_000)
            small.charge(.random(in: 0...pace.capacity * 2, using: &random), pace)
            var large = small
            var now: Int64 = 1_000
            for _ in 0..<50 {
                now += .random(in: 0...20_000, using: &random)
                small.advance(pace, now: now)
            }
            large.advance(pace, now: now)
            #expect(small == large, "seed \(seed), \(pace)")
        }
    }

    /// Over any time no more is let through than the burst and what flowed in.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `no course of requests gets more than burst and refill`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var meter = LimitMeter(fresh: Self.bucket, now: 0)
        var (now, taken): (Int64, Int64) = (0, 0)
        for _ in 0..<5_000 {
            now += .random(in: 0...120, using: &random)
            meter.advance(Self.bucket, now: now)
            let amount = Int64.random(in: 1...4, using: &random)
            if let wait = meter.wait(for: amount, Self.bucket, now: now) {
                var later = meter
                later.advance(Self.bucket, now: now + wait)
                #expect(later.wait(for: amount, Self.bucket, now: now + wait) == nil, "the wait suffices")
                var earlier = meter
                earlier.advance(Self.bucket, now: now + wait - 1)
                #expect(earlier.wait(for: amount, Self.bucket, now: now + wait - 1) != nil, "no wait is too long")
            } else {
                meter.charge(amount, Self.bucket)
                taken += amount
            }
            #expect(taken <= 20 + now / 100)
        }
        #expect(taken >= now / 100, "what flows in is used")
    }

    @Test func `what is more than the limit is let through when nothing else is used, and is a debt`() {
        var meter = LimitMeter(fresh: Self.bucket, now: 0)
        #expect(meter.wait(for: 50, Self.bucket, now: 0) == nil)
        meter.charge(50, Self.bucket)
        #expect(meter.remaining(Self.bucket) == 0)
        #expect(meter.wait(for: 1, Self.bucket, now: 0) == 3_100)
        meter.charge(-50, Self.bucket)
        #expect(meter.isFresh(Self.bucket))
    }

    @Test func `a window begins anew with its hour, and counts what was used after the limit was reached`() {
        let pace = LimitPace.window(amount: 100, .hour)
        var meter = LimitMeter(fresh: pace, now: 3_600_000 * 10 + 5)
        meter.charge(100, pace)
        #expect(meter.wait(for: 1, pace, now: 3_600_000 * 10 + 5) == 3_599_995)
        meter.charge(7, pace)
        #expect(meter.remaining(pace) == 0)
        meter.advance(pace, now: 3_600_000 * 11 - 1)
        #expect(meter.wait(for: 1, pace, now: 3_600_000 * 11 - 1) == 1)
        meter.advance(pace, now: 3_600_000 * 11)
        #expect(meter.wait(for: 1, pace, now: 3_600_000 * 11) == nil)
        #expect(meter.remaining(pace) == 100)
    }

    @Test func `a clock that goes back gives nothing`() {
        var meter = LimitMeter(fresh: Self.bucket, now: 10_000)
        meter.charge(20, Self.bucket)
        meter.advance(Self.bucket, now: 5_000)
        #expect(meter.level == 0)
        meter.advance(Self.bucket, now: 10_100)
        #expect(meter.level == 1)
    }

    @Test func `the largest amounts and absences do not overflow`() throws {
        let rule = try LimitRule(
            id: "huge", scope: .user, resource: .cost,
            pace: .bucket(capacity: (1 << 52) / 86_400_000, refill: (1 << 52) / 86_400_000, per: 86_400_000))
        var meter = LimitMeter(fresh: rule.pace, now: 0)
        meter.charge(.max, rule.pace)
        #expect(meter.wait(for: .max, rule.pace, now: 0) != nil)
        meter.advance(rule.pace, now: .max / 2)
        #expect(meter.isFresh(rule.pace))
        #expect(throws: LimitRuleError.self) {
            try LimitRule(
                id: "more", scope: .user, resource: .cost, pace: .bucket(capacity: 1 << 52, refill: 1, per: 86_400_000))
        }
    }
}
