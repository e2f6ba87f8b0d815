/// A moment as the store keeps it: whole microseconds since 1970-01-01T00:00:00Z.
public struct ConversationMoment: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(microseconds: Int64) { rawValue = microseconds }

    public static func < (earlier: Self, later: Self) -> Bool { earlier.rawValue < later.rawValue }
    public static func + (moment: Self, duration: Duration) -> Self {
        Self(rawValue: moment.rawValue + Int64(duration / .microseconds(1)))
    }
}
