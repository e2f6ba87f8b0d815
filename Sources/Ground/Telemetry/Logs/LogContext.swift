/// What every log line of a request carries. Set at the root of a request only, read by every logger below it.
public struct LogContext: Sendable, Equatable {
    public var requestID: String

    public init(requestID: String) { self.requestID = requestID }

    @TaskLocal public static var current: LogContext?
}
