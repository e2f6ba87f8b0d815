import Vocabulary

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A moment as nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Reaches to the year 2262.
public struct UnixTime: Sendable, Hashable, Comparable {
    public let nanoseconds: Int64

    /// The last whole second that it reaches.
    public static let secondsMax = Int64.max / 1_000_000_000

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    public init(seconds: Int64) { nanoseconds = seconds * 1_000_000_000 }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { nanoseconds.floorDivided(by: 1_000_000_000) }

    /// The system's clock. Only the root takes it; everything else is given a `@Sendable () -> UnixTime`.
    public static func now() -> UnixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (time: UnixTime, duration: Duration) -> UnixTime {
        let (seconds, attoseconds) = duration.components
        return UnixTime(nanoseconds: time.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T03:20:00.123Z`.
    public var rfc3339: String {
        let seconds = seconds
        let milliseconds = (nanoseconds - seconds * 1_000_000_000) / 1_000_000
        let days = seconds.floorDivided(by: 86_400)
        let secondOfDay = seconds - days * 86_400
        let date = CivilDate(daysSince1970: Int(days))
        var text: [UInt8] = []
        text.reserveCapacity(24)
        for (number, width, separator) in [
            (Int64(date.year), 4, "-"), (Int64(date.month), 2, "-"), (Int64(date.day), 2, "T"),
            (secondOfDay / 3600, 2, ":"),
            (secondOfDay / 60 % 60, 2, ":"),
            (secondOfDay % 60, 2, "."), (milliseconds, 3, "Z"),
        ] as [(Int64, Int, Unicode.Scalar)] {
            text.append(number: number, width: width)
            text.append(UInt8(ascii: separator))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// The lowest `width` decimal digits of a number that is not negative.
    fileprivate mutating func append(number: Int64, width: Int) {
        var rest = number
        let start = count
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
        for position in stride(from: start + width - 1, through: start, by: -1) {
            self[position] += UInt8(rest % 10)
            rest /= 10
        }
    }
}
