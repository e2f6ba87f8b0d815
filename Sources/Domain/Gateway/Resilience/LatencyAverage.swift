/// How long a deployment takes until its first token, the newest counting most.
///
/// Source of the idea: the exponentially weighted moving average of Finagle's "peak EWMA" balancer, without its peaks: a
/// measurement counts by the time since the one before it, so that many at once do not erase the past.
public struct LatencyAverage: Sendable, Equatable {
    /// After so long a measurement counts a third.
    public let decay: Duration
    /// Seconds; `nil` before the first measurement.
    public private(set) var seconds: Double?
    private var last: Duration?

    public init(decay: Duration = .seconds(10)) { self.decay = decay }

    /// Takes a measurement in.
    ///
    /// - Parameters:
    ///   - latency: how long it took.
    ///   - now: time since any fixed moment, never earlier than before.
    public mutating func note(_ latency: Duration, at now: Duration) {
        let value = latency / .seconds(1)
        guard let seconds, let last else {
            self.seconds = value
            self.last = now
            return
        }
        let elapsed = max(0, (now - last) / decay)
        // At least a twentieth, so that a burst is seen at all. e^-x, as 1/(1+x+x²/2), is close enough and needs no libm.
        let kept = min(0.95, 1 / (1 + elapsed + elapsed * elapsed / 2))
        self.seconds = seconds * kept + value * (1 - kept)
        self.last = now
    }
}
