import Testing
import Vocabulary

@Suite struct CivilDateTests {
    @Test(arguments: [
        (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 2, 29, 11_016), (2000, 3, 1, 11_017), (1600, 2, 29, -135_081),
        (1900, 3, 1, -25_508), (9999, 12, 31, 2_932_896), (0, 3, 1, -719_468), (0, 2, 29, -719_469),
        (-4713, 11, 24, -2_440_588),
    ])
    func `a date is a number of days`(year: Int, month: Int, day: Int, days: Int) throws {
        let date = try #require(CivilDate(year: year, month: month, day: day))
        #expect(date.daysSince1970 == days)
        #expect(CivilDate(daysSince1970: days) == date)
    }

    /// Counted on day by day, by the rules as they are told at school.
    @Test func `eight hundred years have each day once, and weeks go on`() throws {
        var (year, month, day, dayOfYear, weekday) = (1599, 1, 1, 0, 5)
        let start = try #require(CivilDate(year: year, month: month, day: day)).daysSince1970
        for days in start..<start + 2 * 146_097 {
            let date = CivilDate(daysSince1970: days)
            let isRight =
                date == CivilDate(year: year, month: month, day: day) && date.daysSince1970 == days
                && date.dayOfYear == dayOfYear && date.weekday == weekday
            guard isRight else {
                Issue.record("\(year)-\(month)-\(day) is read as \(date)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            (day, dayOfYear, weekday) = (day + 1, dayOfYear + 1, (weekday + 1) % 7)
            if day > length {
                guard CivilDate(year: year, month: month, day: day) == nil else {
                    Issue.record("\(year)-\(month)-\(day) is taken for a date")
                    return
                }
                (month, day) = (month + 1, 1)
            }
            if month > 12 { (year, month, dayOfYear) = (year + 1, 1, 0) }
        }
        #expect(year == 2399)
    }

    @Test(arguments: [
        (2026, 2, 30), (2026, 2, 29), (1900, 2, 29), (2024, 2, 30), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1),
        (2026, 1, 0), (2026, 1, -1), (2026, 1, 32), (2026, 1, .max), (2026, .min, 1),
    ])
    func `what the calendar does not have is no date`(year: Int, month: Int, day: Int) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test(arguments: [(7, 2, 3), (-7, 2, -4), (7, -2, -4), (-7, -2, 3), (-6, 2, -3), (0, 5, 0), (Int.min, 1, Int.min)])
    func `a floored quotient rounds towards minus infinity`(dividend: Int, divisor: Int, quotient: Int) {
        #expect(dividend.floorDivided(by: divisor) == quotient)
    }
}
