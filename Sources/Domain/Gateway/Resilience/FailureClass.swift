public import Vocabulary

/// What kind of failure kept a model from answering. Each has its recovery, in ``Recovery``.
public enum FailureClass: String, Sendable, CaseIterable {
    /// Nobody could be reached, or the connection broke off.
    case network
    /// What came is no answer.
    case parsing
    /// The server elsewhere lets us ask no more for a while, or our account there is empty.
    case rateLimit = "rate_limit"
    /// Nothing came in time.
    case timeout
    /// The server has too much to do, or no memory.
    case overload
    /// The request itself: every model would refuse it.
    case content
    /// The server refuses us, or failed inside: another one may do better, the same one will not.
    case refusal

    /// - Parameter error: why a model did not answer; nothing was written yet.
    public init(_ error: ServiceError) {
        self =
            switch error.code {
            case .modelUnavailable, .engineFailed: .network
            case .unreadableAnswer: .parsing
            case .rateLimited, .budgetExceeded: .rateLimit
            case .timeout: .timeout
            case .overloaded, .insufficientMemory: .overload
            case .unauthenticated, .forbidden, .modelNotFound, .internalError: .refusal
            // OpenAI's code for a key that is wrong: ours, where the server is elsewhere.
            case ServiceError.Code(rawValue: "invalid_api_key"): .refusal
            default: .content
            }
    }

    /// Whether it says that the deployment is not well. A full queue does not: asking less helps, staying away does not.
    public var countsAgainstDeployment: Bool {
        switch self {
        case .network, .parsing, .timeout, .refusal: true
        case .rateLimit, .overload, .content: false
        }
    }

    /// One sentence for people, as the README has it.
    public var recovery: String {
        switch self {
        case .network: "an equal deployment at once; else once more after a pause, then the fallback"
        case .parsing: "the next deployment; the same one once more where there is none"
        case .rateLimit: "the next deployment; else after Retry-After, where the route may wait that long"
        case .timeout: "the next deployment, while there is time left"
        case .overload: "the next deployment; else after Retry-After, where the route may wait that long"
        case .content: "none: the caller is told"
        case .refusal: "the next deployment"
        }
    }
}
