import Foundation
import Gateway
import TestRandomness
import Testing

@Suite struct BudgetPeriodTests {
    /// Against the system's calendar.
    @Test func `days, weeks and months begin where the calendar says`() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        var random = SeededRandom(seed: 7)
        for _ in 0..<500 {
            let moment = Int64.random(in: 0...4_000_000_000, using: &random)
            let date = Date(timeIntervalSince1970: Double(moment))
            for (period, unit) in [(BudgetPeriod.day, Calendar.Component.day), (.week, .weekOfYear), (.month, .month)] {
                let interval = try #require(calendar.dateInterval(of: unit, for: date))
                #expect(period.start(of: moment) == Int64(interval.start.timeIntervalSince1970), "\(period) \(moment)")
                #expect(period.end(of: moment) == Int64(interval.end.timeIntervalSince1970), "\(period) \(moment)")
            }
            #expect(UsageSpan.week.start(of: moment * 1_000_000) == BudgetPeriod.week.start(of: moment))
        }
        #expect(BudgetPeriod.total.start(of: 99) == 0 && BudgetPeriod.total.end(of: 99) == nil)
    }
}
