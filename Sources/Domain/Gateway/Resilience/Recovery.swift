public import Vocabulary

/// What is done after a failure, before anything of the answer was sent.
public enum Recovery: Sendable, Equatable {
    /// The next deployment is asked, at once.
    case next
    /// The same one is asked again, after this time.
    case again(Duration)
    /// The caller is told.
    case giveUp

    public var name: String {
        switch self {
        case .next: "next"
        case .again: "again"
        case .giveUp: "give_up"
        }
    }

    /// What is known when a failure has to be recovered from.
    public struct Situation: Sendable, Equatable {
        /// Times that this deployment was asked again already.
        public var retries: Int
        /// Somebody stands behind it.
        public var hasNext: Bool
        /// Whoever stands behind it is its equal, so that nobody is worse off there.
        public var nextIsEqual: Bool
        /// How long until the request's total time is over.
        public var timeLeft: Duration?

        public init(retries: Int, hasNext: Bool, nextIsEqual: Bool, timeLeft: Duration? = nil) {
            self.retries = retries
            self.hasNext = hasNext
            self.nextIsEqual = nextIsEqual && hasNext
            self.timeLeft = timeLeft
        }
    }

    /// The recovery of each class of failures.
    ///
    /// - Parameters:
    ///   - error: why the model did not answer.
    ///   - situation: what is left to try.
    ///   - policy: of the route.
    ///   - mayRetry: asked once and only where a retry is wanted; `false` when the budget is used up.
    ///   - random: chance, for pauses.
    /// - Returns: what to do. Never `again` beyond the policy's count, never a pause beyond the time that is left.
    public static func from(
        _ error: ServiceError, _ situation: Situation, _ policy: RetryPolicy, mayRetry: () -> Bool,
        using random: inout some RandomNumberGenerator
    ) -> Recovery {
        if let left = situation.timeLeft, left <= .zero { return .giveUp }
        let otherwise = situation.hasNext ? Recovery.next : .giveUp
        func again(_ pause: Duration) -> Recovery {
            guard situation.retries < policy.retriesMax, mayRetry() else { return otherwise }
            if let left = situation.timeLeft, pause >= left { return otherwise }
            return .again(pause)
        }
        switch FailureClass(error) {
        case .content: return .giveUp
        case .refusal, .timeout: return otherwise
        case .network:
            if situation.nextIsEqual { return .next }
            // A fallback is another model: the one that was asked for gets a second chance first, and no more.
            if situation.hasNext, situation.retries > 0 { return .next }
            return again(policy.backoff(after: situation.retries, using: &random))
        case .parsing:
            if situation.hasNext { return .next }
            return situation.retries > 0
                ? .giveUp : again(policy.backoff(after: situation.retries, using: &random))
        case .rateLimit, .overload:
            if situation.hasNext { return .next }
            let backoff = policy.backoff(after: situation.retries, using: &random)
            let pause = error.retryAfter.map { max($0, backoff) } ?? backoff
            return policy.waitMax > .zero && pause <= policy.waitMax ? again(pause) : .giveUp
        }
    }
}
