import Hosting
import TestRandomness
import Testing
import Vocabulary

@Suite struct PreloadPlanTests {
    /// 1970-01-05 was the first Monday.
    private let monday: Int64 = 4 * 86_400

    @Test func `the time of the week begins on Monday`() {
        #expect(WeekTime(secondsSinceEpoch: monday).minute == 0)
        #expect(WeekTime(secondsSinceEpoch: monday - 1).minute == 10_079)
        #expect(WeekTime(secondsSinceEpoch: 0).day == 3)
        #expect(WeekTime(secondsSinceEpoch: -1).day == 2)
        #expect(WeekTime(minute: -60).hour == 167)
    }

    @Test func `windows may cross midnight and the week's end`() throws {
        let id = ModelID("a")
        let work = try #require(PreloadSchedule(model: id, days: [0, 1, 2, 3, 4], start: 8 * 60, end: 18 * 60))
        #expect(work.remaining(at: WeekTime(minute: 8 * 60)) == 600)
        #expect(work.remaining(at: WeekTime(minute: 18 * 60)) == nil)
        #expect(work.remaining(at: WeekTime(minute: 5 * 1_440 + 600)) == nil)
        let night = try #require(PreloadSchedule(model: id, days: [6], start: 22 * 60, end: 2 * 60))
        #expect(night.remaining(at: WeekTime(minute: 60)) == 60)
        #expect(night.remaining(at: WeekTime(minute: 3 * 60)) == nil)
        #expect(PreloadSchedule(model: id, days: [7], start: 0, end: 1) == nil)
        #expect(PreloadSchedule(model: id, days: [], start: 0, end: 1) == nil)
        #expect(PreloadSchedule(model: id, days: [1], start: 0, end: 1_440) == nil)
    }

    @Test func `habits are learned and fade`() {
        var pattern = UsagePattern()
        let nine = monday + 9 * 3600
        for week in 0..<4 { pattern.note(secondsSinceEpoch: nine + Int64(week) * 604_800) }
        pattern.advance(secondsSinceEpoch: nine + 3 * 604_800 + 3600)
        #expect(pattern.likelihood[9] == 1 && pattern.likelihood[10] == 0)
        pattern.advance(secondsSinceEpoch: nine + 6 * 604_800 + 3600)
        #expect(pattern.likelihood[9] < 0.35 && pattern.likelihood[9] > 0)
        // Clocks that go back and years without use do no harm.
        pattern.note(secondsSinceEpoch: 0)
        pattern.advance(secondsSinceEpoch: nine + 3000 * 604_800)
        #expect(pattern.likelihood.allSatisfy { $0 < 0.1 })
        #expect(UsagePattern(likelihood: [], uses: [], hoursSeen: 0) == nil)
        #expect(
            UsagePattern(likelihood: pattern.likelihood, uses: pattern.uses, hoursSeen: 9)?.likelihood
                == pattern.likelihood)
    }

    @Test func `what was counted hour by hour gives the pattern that was learned live`() {
        var random = SeededRandom(seed: 3)
        var live = UsagePattern()
        var hours: [Int64: Int64] = [:]
        var seconds = monday + 5_000
        for _ in 0..<3_000 {
            seconds += Int64.random(in: 0...3_600, using: &random)
            live.note(secondsSinceEpoch: seconds)
            hours[seconds / 3_600, default: 0] += 1
        }
        let end = seconds + 50 * 3_600
        live.advance(secondsSinceEpoch: end)
        #expect(UsagePattern(hours: hours, until: end) == live)
        // Nothing of the future, and nothing from nothing.
        hours[end / 3_600 + 5] = 9
        #expect(UsagePattern(hours: hours, until: end) == live)
        #expect(UsagePattern(hours: [:], until: end) == UsagePattern())
    }

    @Test func `wishes fit together, scheduled ones first`() throws {
        var pattern = UsagePattern()
        for day in 0..<7 { pattern.note(secondsSinceEpoch: monday + Int64(day) * 86_400 + 9 * 3600) }
        pattern.advance(secondsSinceEpoch: monday + 604_800)
        let candidates = [("a", 2.0, 1.0), ("b", 2, 9), ("c", 2, 5)].map { name, gib, seconds in
            PreloadPlan.Candidate(model: .sized(name, gib: gib, loadSeconds: seconds), pattern: pattern)
        }
        var plan = PreloadPlan()
        let time = WeekTime(minute: 8 * 60 + 56)
        #expect(plan.wishes(among: candidates, budget: .gib(5), at: time).map(\.model.name) == ["b", "c"])
        #expect(plan.wishes(among: candidates, budget: .gib(5), at: WeekTime(minute: 8 * 60 + 50)).isEmpty)
        plan.schedules = [try #require(PreloadSchedule(model: ModelID("a"), days: [0], start: 0, end: 600))]
        let wishes = plan.wishes(among: candidates, budget: .gib(5), at: time)
        #expect(wishes.map(\.model.name) == ["a", "b"])
        #expect(wishes.first?.keepAlive == .lasting(.seconds(64 * 60)) && wishes.first?.likelihood == nil)
        #expect(PreloadPlan.quietHours([pattern]).count == 161 && PreloadPlan.quietHours([]).isEmpty)
    }

    /// Four weeks of an office: a model in the morning, one after lunch, one at night, and one now and then.
    private func replay(learns: Bool) -> (hits: Int, requests: Int, faults: [String]) {
        var random = SeededRandom(seed: 5)
        let models = [("code", 3.0), ("chat", 3), ("batch", 5), ("rare", 2)].map { name, gib in
            HostedModel.sized(name, gib: gib, keepAlive: .lasting(.seconds(600)), loadSeconds: 20)
        }
        var host = SimulatedHost(ResidencyPolicy(budget: .gib(6)), models)
        var patterns = models.map { _ in UsagePattern() }
        var requests = 0
        let hours: [ClosedRange<Int>] = [9...11, 13...16, 22...23, 0...23]
        for minute in stride(from: 0, to: 4 * 10_080, by: 1) {
            let time = WeekTime(minute: minute)
            let seconds = monday + Int64(minute) * 60
            host.run(until: .seconds(minute * 60))
            if learns, minute % 5 == 0 {
                for index in patterns.indices { patterns[index].advance(secondsSinceEpoch: seconds) }
                let candidates = zip(models, patterns).map { PreloadPlan.Candidate(model: $0, pattern: $1) }
                for wish in PreloadPlan().wishes(among: candidates, budget: .gib(6), at: time) {
                    host.perform(host.planner.preload(wish.model, keepAlive: wish.keepAlive, at: host.now))
                }
            }
            for index in models.indices where hours[index].contains(time.minuteOfDay / 60) {
                let isWorkday = time.day < 5 || index > 1
                let chance = index == 3 ? 0.001 : isWorkday ? 0.04 : 0
                guard Double.random(in: 0..<1, using: &random) < chance else { continue }
                patterns[index].note(secondsSinceEpoch: seconds)
                host.ask(models[index].id, lasting: .seconds(30))
                // The first week is for learning.
                if minute >= 10_080 { requests += 1 }
            }
            if minute == 10_079 { host.forgetHits() }
        }
        return (host.hits, requests, host.faults)
    }

    @Test func `replayed use finds its model loaded more often when it was learned`() {
        let without = replay(learns: false)
        let with = replay(learns: true)
        #expect(with.faults.isEmpty && without.faults.isEmpty && with.requests == without.requests)
        let (before, after) = (
            Double(without.hits) / Double(without.requests), Double(with.hits) / Double(with.requests)
        )
        #expect(before < 0.35 && after > 0.7, "\(before) without, \(after) with what was learned")
    }
}
