import Synchronization

/// How much a model was used.
public struct ModelUsage: Sendable, Equatable {
    public var requests: Int64
    public var promptTokens: Int64
    public var completionTokens: Int64
    /// Requests that ended with an error.
    public var failures: Int64
    /// Microseconds since 1970.
    public var lastUsedAt: Int64

    public init(
        requests: Int64 = 0, promptTokens: Int64 = 0, completionTokens: Int64 = 0, failures: Int64 = 0,
        lastUsedAt: Int64 = 0
    ) {
        self.requests = requests
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.failures = failures
        self.lastUsedAt = lastUsedAt
    }

    /// Both together; beyond what 64 bits hold it stays there.
    public static func + (left: ModelUsage, right: ModelUsage) -> ModelUsage {
        ModelUsage(
            requests: sum(left.requests, right.requests), promptTokens: sum(left.promptTokens, right.promptTokens),
            completionTokens: sum(left.completionTokens, right.completionTokens),
            failures: sum(left.failures, right.failures), lastUsedAt: max(left.lastUsedAt, right.lastUsedAt))
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (value, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : value
    }
}

/// Usage that waits to be written: one short lock at the end of a request, and nothing per token.
public final class UsageLedger: Sendable {
    /// Models that are told apart between two writes; requests of further ones are not counted.
    public static let modelsMax = 4_096

    private let waiting = Mutex<[String: ModelUsage]>([:])

    public init() {}

    /// Notes a request.
    ///
    /// - Parameters:
    ///   - usage: of this request.
    ///   - model: as it is served.
    public func add(_ usage: ModelUsage, to model: String) {
        waiting.withLock { waiting in
            if let before = waiting[model] {
                waiting[model] = before + usage
            } else if waiting.count < Self.modelsMax {
                waiting[model] = usage
            }
        }
    }

    /// Takes everything that waits.
    public func take() -> [String: ModelUsage] {
        waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting
        }
    }
}
