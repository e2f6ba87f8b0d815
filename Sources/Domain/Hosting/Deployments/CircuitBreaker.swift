/// Keeps requests away from a server that fails again and again, and tries it now and then.
///
/// Source of the idea: Nygard, "Release It!", 2007, "Circuit Breaker".
public struct CircuitBreaker<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    public struct Policy: Sendable, Equatable {
        /// Failures in a row before requests are kept away.
        public var failuresMax = 5
        /// The first pause; each that follows without success is twice as long.
        public var pause = Duration.seconds(2)
        public var pauseMax = Duration.seconds(60)

        public init() {}
    }

    private enum State: Sendable {
        /// Requests pass. Can transition to: open.
        case closed(failures: Int)
        /// None passes until then. Can transition to: trying.
        case open(until: Instant, pause: Duration)
        /// One passes; the others wait for what becomes of it. Can transition to: closed, open.
        case trying(pause: Duration, since: Instant)
    }

    private let policy: Policy
    private var state = State.closed(failures: 0)

    public init(policy: Policy = Policy()) { self.policy = policy }

    /// Whether requests are kept away.
    public var isOpen: Bool { if case .closed = state { false } else { true } }

    /// Asks to send a request now.
    ///
    /// - Parameter now: the time.
    /// - Returns: `nil` when it may be sent; else how long to wait at least.
    public mutating func admit(at now: Instant) -> Duration? {
        switch state {
        case .closed: return nil
        case .open(let until, let pause):
            guard now >= until else { return now.duration(to: until) }
            state = .trying(pause: pause, since: now)
            return nil
        case .trying(let pause, let since):
            // One whose end nobody told must not close the door for ever.
            guard since.duration(to: now) >= policy.pauseMax else { return pause }
            state = .trying(pause: pause, since: now)
            return nil
        }
    }

    /// A request was answered, whatever the answer said of the request itself.
    public mutating func succeeded() { state = .closed(failures: 0) }

    /// A request that was admitted ended without telling anything of the server, such as one that was cancelled.
    public mutating func abandoned(at now: Instant) {
        if case .trying(let pause, _) = state { state = .open(until: now, pause: pause) }
    }

    /// The server failed: it could not be reached, was silent, or broke off.
    public mutating func failed(at now: Instant) {
        switch state {
        case .closed(let failures):
            state =
                failures + 1 >= policy.failuresMax
                ? .open(until: now.advanced(by: policy.pause), pause: policy.pause) : .closed(failures: failures + 1)
        case .trying(let pause, _):
            let longer = min(pause * 2, policy.pauseMax)
            state = .open(until: now.advanced(by: longer), pause: longer)
        case .open: break
        }
    }
}
