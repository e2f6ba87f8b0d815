/// A moment of the job runner's clock: whole microseconds since 1970-01-01T00:00:00Z, as the store keeps it.
public struct JobMoment: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(microseconds: Int64) { rawValue = microseconds }

    public static func < (earlier: JobMoment, later: JobMoment) -> Bool { earlier.rawValue < later.rawValue }

    public static func + (moment: JobMoment, duration: Duration) -> JobMoment {
        let (seconds, attoseconds) = duration.components
        return JobMoment(rawValue: moment.rawValue + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    /// From `earlier` to `later`; negative when they are the other way round.
    public static func - (later: JobMoment, earlier: JobMoment) -> Duration {
        .microseconds(later.rawValue - earlier.rawValue)
    }
}
