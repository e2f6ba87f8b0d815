/// Decides when those who read answers are told of new tokens: after each step, or after several short ones together. Pure.
///
/// Sending takes a core from whoever computes, most of it for being woken, and hardly more for two tokens than for one. So
/// where steps are so short that nobody can see the difference, a token waits for the next one. A first token, a last one, and
/// one before a step that may take longer do not wait.
struct SendingPolicy: Sendable {
    /// In seconds, how long a token may wait; see `LatencyBias.sendingDelay`.
    let delayMax: Double
    /// When the first of those that wait was chosen.
    private var since: ContinuousClock.Instant?

    init(bias: LatencyBias) { delayMax = bias.sendingDelay }

    /// Decides whether what waits goes on doing so during the next step.
    ///
    /// - Parameters:
    ///   - seconds: how long that step will take; `nil` when it is not known.
    ///   - now: the moment.
    /// - Returns: `false` when it is to be sent before.
    func mayWait(for seconds: Double?, now: ContinuousClock.Instant) -> Bool {
        guard let seconds, let since else { return false }
        return (now - since) / .seconds(1) + seconds <= delayMax
    }

    /// Notes that tokens were chosen that wait.
    mutating func hold(now: ContinuousClock.Instant) { since = since ?? now }

    /// Notes that everything was sent.
    mutating func sent() { since = nil }
}
