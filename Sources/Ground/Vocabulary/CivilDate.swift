/// A date of the proleptic Gregorian calendar: the rules of today, also for the days before 1582. The year before 1 is 0.
///
/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil` and `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>). Its years begin in March, so that a leap day is their last.
public struct CivilDate: Sendable, Hashable {
    public let year: Int
    /// From 1.
    public let month: Int
    /// From 1.
    public let day: Int

    /// `nil` for what is no date: a thirteenth month, or a day that the month does not have in that year, which is at most a
    /// billion away from 0.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        self.init(counted: (year, month, day))
        // A day that the month does not have is counted on into the next one.
        guard CivilDate(daysSince1970: daysSince1970) == self else { return nil }
    }

    /// What is known to be a date, or is about to be found out.
    private init(counted date: (year: Int, month: Int, day: Int)) { (year, month, day) = date }

    /// - Parameter days: since 1970-01-01, at most 365 billion of them before or after it.
    public init(daysSince1970 days: Int) {
        let shifted = days + Self.daysBefore1970
        let era = shifted.floorDivided(by: Self.daysOfEra)
        let dayOfEra = shifted - era * Self.daysOfEra
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Negative before 1970-01-01.
    public var daysSince1970: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysOfEra + dayOfEra - Self.daysBefore1970
    }

    /// Days since the year began, from 0.
    public var dayOfYear: Int { daysSince1970 - CivilDate(counted: (year, 1, 1)).daysSince1970 }

    /// Days since the last Sunday, from 0.
    public var weekday: Int {
        // 1970-01-01 was a Thursday.
        let days = daysSince1970 + 4
        return days - days.floorDivided(by: 7) * 7
    }

    /// From 0000-03-01, where eras are counted from.
    private static let daysBefore1970 = 719_468
    /// Four hundred years, after which the calendar repeats itself.
    private static let daysOfEra = 146_097
}
