/// A moment of the clock that never goes back.
///
/// Not `ContinuousClock.Instant`, whose size is known at run time only: whatever holds one is copied part by part, by calls
/// that ask for each part's size, and that was most of what watching limits cost.
struct Moment: Sendable, Comparable {
    private let sinceOrigin: Duration

    private static let origin = ContinuousClock.now

    static var now: Moment { Moment(sinceOrigin: ContinuousClock.now - origin) }

    static func + (moment: Moment, time: Duration) -> Moment { Moment(sinceOrigin: moment.sinceOrigin + time) }
    static func - (later: Moment, earlier: Moment) -> Duration { later.sinceOrigin - earlier.sinceOrigin }
    static func < (one: Moment, other: Moment) -> Bool { one.sinceOrigin < other.sinceOrigin }
}
