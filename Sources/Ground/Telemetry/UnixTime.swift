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
        return String(unsafeUninitializedCapacity: 24) { text in
            var end = 0
            // The lowest decimal digits of a number that is not negative, and what stands after them.
            func write(_ number: Int64, digits: Int, _ separator: Unicode.Scalar) {
                var rest = number
                for place in stride(from: end + digits - 1, through: end, by: -1) {
                    text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                end += digits
                text[end] = UInt8(ascii: separator)
                end += 1
            }
            write(Int64(date.year), digits: 4, "-")
            write(Int64(date.month), digits: 2, "-")
            write(Int64(date.day), digits: 2, "T")
            write(secondOfDay / 3600, digits: 2, ":")
            write(secondOfDay / 60 % 60, digits: 2, ":")
            write(secondOfDay % 60, digits: 2, ".")
            write(milliseconds, digits: 3, "Z")
            return end
        }
    }
}
