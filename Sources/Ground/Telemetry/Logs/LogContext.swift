/// What every log line of a request carries. Set at the root of a request only, read by every logger below it.
public struct LogContext: Sendable, Equatable {
    public var requestID: String
    /// Who asks, once that is known: ids, never secrets.
    public var fields: LogFields

    public init(requestID: String, fields: LogFields = [:]) {
        self.requestID = requestID
        self.fields = fields
    }

    @TaskLocal public static var current: LogContext?
}
