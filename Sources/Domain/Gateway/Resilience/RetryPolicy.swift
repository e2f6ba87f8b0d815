/// How often and after which pauses a failed request is sent again.
public struct RetryPolicy: Sendable, Equatable {
    /// Times that a request is sent again to the same deployment at most; changing to another one does not count.
    public var retriesMax: Int
    /// The first pause is chance between nothing and this; each that follows may be twice as long.
    public var pause: Duration
    /// No pause is longer.
    public var pauseMax: Duration
    /// A `Retry-After` up to here is waited for; a longer one is told to the caller. Zero waits for none.
    public var waitMax: Duration

    public static let retriesBound = 10

    public init(
        retriesMax: Int = 2, pause: Duration = .milliseconds(100), pauseMax: Duration = .seconds(5),
        waitMax: Duration = .seconds(10)
    ) {
        self.retriesMax = retriesMax
        self.pause = pause
        self.pauseMax = pauseMax
        self.waitMax = waitMax
    }

    /// For models that are asked by their own names: a worker that fell is asked again, a full queue is told.
    public static let direct = RetryPolicy(retriesMax: 2, waitMax: .zero)

    /// A pause before the next time: exponential, with full jitter, so that those who failed together come back apart.
    ///
    /// Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    ///
    /// - Parameters:
    ///   - retry: how many were made before.
    ///   - random: chance.
    /// - Returns: 0 up to `pause · 2^retry`, at most ``pauseMax``.
    public func backoff(after retry: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let bound = min(pause * Double(1 << min(max(0, retry), 20)), pauseMax)
        return bound * Double.random(in: 0...1, using: &random)
    }
}

/// Bounds how many of all requests are retries, so that a failing server is not asked many times over.
///
/// Source of the idea: Finagle, `RetryBudget`.
public struct RetryBudget: Sendable, Equatable {
    /// Retries that each request brings.
    public let share: Double
    public let tokensMax: Double
    public private(set) var tokens: Double

    /// - Parameters:
    ///   - share: of requests that may be retries, 0 to 1.
    ///   - reserve: retries that are allowed before there were any requests.
    ///   - tokensMax: retries that can be saved up.
    public init(share: Double = 0.2, reserve: Double = 10, tokensMax: Double = 100) {
        self.share = share
        self.tokensMax = tokensMax
        tokens = min(reserve, tokensMax)
    }

    /// A request began.
    public mutating func deposit() { tokens = min(tokens + share, tokensMax) }

    /// Asks for one retry.
    ///
    /// - Returns: whether there may be one.
    public mutating func withdraw() -> Bool {
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
