import Foundation
public import RequestScope
public import Telemetry
public import Templates
import Vocabulary

extension RequestIDSource {
    /// Ids by this machine's clock and chance.
    public static let system = RequestIDSource {
        var random = SystemRandomness()
        return RequestID(millisecondsSinceEpoch: UnixTime.now().nanoseconds / 1_000_000, using: &random)
    }
}

extension Tracer {
    /// A tracer by this machine's clock and chance.
    public static func system(sampler: Sampler, queue: SpanQueue) -> Tracer {
        Tracer(
            sampler: sampler, queue: queue, now: UnixTime.now,
            random: {
                var random = SystemRandomness()
                return random.next()
            })
    }
}

extension LocalTime {
    /// This machine's time in its time zone.
    public static func now() -> LocalTime {
        let date = Date()
        return LocalTime(
            secondsSinceEpoch: Int64(date.timeIntervalSince1970), utcOffset: TimeZone.current.secondsFromGMT(for: date))
    }
}
