/// A minute of the week in the clock that people live by, from Monday 00:00. Its owner knows the time zone.
public struct WeekTime: Sendable, Hashable, Comparable {
    /// 0 to 10,079.
    public let minute: Int

    public static let minutesPerDay = 1_440
    public static let minutesPerWeek = 10_080
    public static let hoursPerWeek = 168

    /// Any minute; weeks repeat.
    public init(minute: Int) {
        let rest = minute % Self.minutesPerWeek
        self.minute = rest < 0 ? rest + Self.minutesPerWeek : rest
    }

    /// - Parameter secondsSinceEpoch: Unix time, moved to the local clock; the epoch was a Thursday.
    public init(secondsSinceEpoch: Int64) {
        let minutes = secondsSinceEpoch.quotientRoundedDown(by: 60) % Int64(Self.minutesPerWeek)
        self.init(minute: Int(minutes) + 3 * Self.minutesPerDay)
    }

    /// 0 is Monday.
    public var day: Int { minute / Self.minutesPerDay }
    /// 0 to 1,439.
    public var minuteOfDay: Int { minute % Self.minutesPerDay }
    /// 0 to 167.
    public var hour: Int { minute / 60 }

    public static func < (left: WeekTime, right: WeekTime) -> Bool { left.minute < right.minute }
}

extension Int64 {
    /// The quotient rounded towards minus infinity.
    func quotientRoundedDown(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
