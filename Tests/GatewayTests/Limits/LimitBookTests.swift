import Gateway
import TestRandomness
import Testing

@Suite struct LimitBookTests {
    private func demand(_ rule: LimitRule, _ subject: String, _ amount: Int64 = 1) -> LimitDemand {
        LimitDemand(key: LimitKey(rule: rule.id, subject: subject), rule: rule, need: amount, charge: amount)
    }

    private func rule(_ id: String, _ pace: LimitPace) throws -> LimitRule {
        try LimitRule(id: id, scope: .user, resource: .requests, pace: pace)
    }

    @Test func `a request that one limit refuses takes nothing of the others`() throws {
        let wide = try rule("wide", .window(amount: 100, .hour))
        let narrow = try rule("narrow", .bucket(capacity: 1, refill: 1, per: 1_000))
        var book = LimitBook()
        #expect(book.take([demand(wide, "a"), demand(narrow, "a")], now: 0).refusal == nil)
        let refused = book.take([demand(wide, "a"), demand(narrow, "a")], now: 0)
        #expect(refused.refusal == .init(rule: narrow, wait: 1_000))
        #expect(refused.standings.map(\.remaining) == [99, 0])
        #expect(book.take([demand(wide, "b"), demand(narrow, "b")], now: 0).refusal == nil, "others are counted apart")
    }

    @Test func `the limit that takes longest is told`() throws {
        let hour = try rule("hour", .window(amount: 1, .hour))
        let second = try rule("second", .bucket(capacity: 1, refill: 1, per: 1_000))
        var book = LimitBook()
        _ = book.take([demand(second, "a"), demand(hour, "a")], now: 1_000)
        #expect(book.take([demand(second, "a"), demand(hour, "a")], now: 1_000).refusal?.rule == hour)
    }

    @Test func `one who has many names cannot reset a limit that is used up, nor the memory be used up`() throws {
        let hour = try rule("hour", .window(amount: 5, .hour))
        var book = LimitBook(countMax: 64)
        for _ in 0..<5 { #expect(book.take([demand(hour, "victim")], now: 0).refusal == nil) }
        var served = 0
        for number in 0..<10_000 where book.take([demand(hour, "name \(number)")], now: 1).refusal == nil {
            served += 1
        }
        #expect(book.take([demand(hour, "victim")], now: 2).refusal != nil)
        #expect(book.count <= 65)
        #expect(book.overflowCount > 0)
        // The others share what is one caller's.
        #expect(served <= 63 + 5)
    }

    @Test func `room is made by forgetting those who have used nothing of late`() throws {
        let second = try rule("second", .bucket(capacity: 2, refill: 2, per: 1_000))
        var book = LimitBook(countMax: 16)
        for number in 0..<16 { _ = book.take([demand(second, "old \(number)")], now: 0) }
        var shared: UInt64 = 0
        for number in 0..<16 {
            _ = book.take([demand(second, "new \(number)")], now: 100_000 + Int64(number) * 1_000)
            shared = book.overflowCount
        }
        #expect(book.count <= 17)
        #expect(shared <= 1, "the hand comes by once before it takes")
    }

    @Test func `a meter that was used lately is not taken for another one when some are forgotten`() throws {
        let gone = try rule("gone", .window(amount: 5, .hour))
        let kept = try rule("kept", .window(amount: 5, .hour))
        var book = LimitBook()
        let both = [demand(gone, "a"), demand(kept, "a")]
        #expect(book.take(both, now: 0).standings.map(\.remaining) == [4, 4])
        #expect(book.take(both, now: 0).standings.map(\.remaining) == [3, 3])
        book.keep(["kept": kept])
        #expect(book.take([demand(kept, "a")], now: 0).standings.map(\.remaining) == [2])
        #expect(book.take([demand(gone, "a")], now: 0).standings.map(\.remaining) == [4], "a new meter")
        for name in ["b", "c", "d", "e", "f"] {
            #expect(book.take([demand(kept, name)], now: 0).standings.map(\.remaining) == [4])
        }
        #expect(book.take([demand(kept, "a")], now: 0).standings.map(\.remaining) == [1])
    }

    @Test func `long meters are written and come back, under another pace cut to what it allows`() throws {
        let day = try rule("day", .window(amount: 10, .day))
        let second = try rule("second", .bucket(capacity: 2, refill: 2, per: 1_000))
        var book = LimitBook()
        for _ in 0..<10 { _ = book.take([demand(day, "a"), demand(second, "a", 0)], now: 1_000) }
        let kept = book.takeChanged()
        #expect(kept.map(\.key.rule) == ["day"])
        #expect(book.takeChanged().isEmpty)
        var next = LimitBook()
        for (key, meter) in kept { next.restore(meter, for: key, rule: day, now: 2_000) }
        #expect(next.take([demand(day, "a")], now: 2_000).refusal != nil)
        next.keep(["day": try rule("day", .window(amount: 20, .day))])
        #expect(next.count == 0, "a limit with another amount counts anew")
    }
}
