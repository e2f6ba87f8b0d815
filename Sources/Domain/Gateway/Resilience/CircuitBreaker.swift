/// Keeps requests away from a deployment that fails again and again, and tries it now and then with one request.
///
/// Source of the idea: Nygard, "Release It!", 2007, "Circuit Breaker".
///
/// Open to other modules' compilers, which otherwise look up the clock's type at run time for each request.
public struct CircuitBreaker<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    public struct Policy: Sendable, Equatable {
        /// Failures within ``window`` before requests are kept away; 1 or more.
        public var failuresMax: Int
        /// Failures that lie longer back are forgotten.
        public var window: Duration
        /// How long requests are kept away before one tries.
        public var pause: Duration

        public init(failuresMax: Int = 5, window: Duration = .seconds(60), pause: Duration = .seconds(60)) {
            self.failuresMax = max(1, failuresMax)
            self.window = window
            self.pause = pause
        }
    }

    /// As it is told.
    public enum Standing: String, Sendable, CaseIterable {
        case closed, open
        case halfOpen = "half_open"
    }

    @usableFromInline enum State: Sendable {
        /// Requests pass; these failed, the oldest first. Can transition to: open.
        case closed(failures: [Instant])
        /// None passes until then. Can transition to: trying, closed.
        case open(until: Instant)
        /// One passes; the others wait for what becomes of it. Can transition to: closed, open.
        case trying(since: Instant)
    }

    @usableFromInline let policy: Policy
    @usableFromInline var state = State.closed(failures: [])

    @inlinable public init(policy: Policy = Policy()) { self.policy = policy }

    @inlinable public var standing: Standing {
        switch state {
        case .closed: .closed
        case .open: .open
        case .trying: .halfOpen
        }
    }

    /// Failures that count now.
    @inlinable public func failures(at now: Instant) -> Int {
        switch state {
        case .closed(let failures): failures.count { $0.duration(to: now) < policy.window }
        case .open, .trying: policy.failuresMax
        }
    }

    /// How long a request would have to wait at least; `nil` when it may be sent now. Changes nothing.
    @inlinable public func wait(at now: Instant) -> Duration? {
        switch state {
        case .closed: nil
        case .open(let until): now >= until ? nil : now.duration(to: until)
        // One whose end nobody told must not close the door for ever.
        case .trying(let since): since.duration(to: now) >= policy.pause ? nil : .seconds(1)
        }
    }

    /// Asks to send a request now.
    ///
    /// - Parameter now: the time.
    /// - Returns: `nil` when it may be sent; else how long to wait at least.
    @inlinable public mutating func admit(at now: Instant) -> Duration? {
        if let wait = wait(at: now) { return wait }
        if case .closed = state { return nil }
        state = .trying(since: now)
        return nil
    }

    /// A request was answered, whatever the answer said of the request itself.
    ///
    /// While requests pass this forgives nothing: failures leave the window by their age.
    @inlinable public mutating func succeeded() {
        if case .closed = state { return }
        state = .closed(failures: [])
    }

    /// A request that was admitted ended without telling anything of the deployment, such as one that was cancelled.
    @inlinable public mutating func abandoned(at now: Instant) {
        if case .trying = state { state = .open(until: now) }
    }

    /// The deployment failed: it could not be reached, was silent, or broke off.
    @inlinable public mutating func failed(at now: Instant) {
        switch state {
        case .closed(var failures):
            failures.removeAll { $0.duration(to: now) >= policy.window }
            failures.append(now)
            state =
                failures.count >= policy.failuresMax
                ? .open(until: now.advanced(by: policy.pause)) : .closed(failures: failures)
        case .trying: state = .open(until: now.advanced(by: policy.pause))
        // A request that began before: the pause goes on as it is.
        case .open: break
        }
    }

    /// What failed is no longer there: another server stands in its place.
    @inlinable public mutating func reset() { state = .closed(failures: []) }
}
