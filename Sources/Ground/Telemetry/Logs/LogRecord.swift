/// One thing that was logged, before it becomes text.
public struct LogRecord: Sendable, Equatable {
    public var time: UnixTime
    public var level: LogLevel
    /// The part of the program that speaks: "gateway", "engine".
    public var label: String
    public var message: String
    public var requestID: String?
    /// The span in which it happened.
    public var span: SpanContext?
    public var fields: LogFields

    public init(
        time: UnixTime, level: LogLevel, label: String, message: String, requestID: String? = nil,
        span: SpanContext? = nil, fields: LogFields = LogFields()
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.requestID = requestID
        self.span = span
        self.fields = fields
    }

    /// The longest message or field value that is written, in bytes; longer ones are cut and end in `…`.
    public static let textBytesMax = 16_384
    /// The most fields that are written.
    public static let fieldCountMax = 64

    /// The fields as they may be written: bounded in number, secrets taken out.
    var writableFields: some Sequence<(name: String, value: LogValue)> {
        fields.pairs.prefix(Self.fieldCountMax).lazy.map { pair in
            (pair.key.name, pair.key.isSensitive ? .redacted : pair.value)
        }
    }
}
