/// How a record becomes one line of bytes. Whatever the record holds, the line has one line feed, at its end, and no
/// other control character, so that nothing that is logged can forge a line or steer a terminal.
public enum LogFormat: Sendable, Equatable {
    /// One JSON object per line, for machines.
    case json
    /// Aligned columns, for people; with terminal colours when told.
    case human(isColoured: Bool)

    public func line(_ record: LogRecord) -> [UInt8] {
        switch self {
        case .json: Self.jsonLine(record)
        case .human(let isColoured): Self.humanLine(record, isColoured: isColoured)
        }
    }

    private static func jsonLine(_ record: LogRecord) -> [UInt8] {
        var text = SafeText()
        text.append(literal: "{\"time\":\"")
        text.append(record.time.rfc3339)
        text.append(literal: "\",\"level\":\"")
        text.append(record.level.name)
        text.append(literal: "\"")
        text.member("logger", record.label)
        text.member("message", record.message)
        if let requestID = record.requestID { text.member("request_id", requestID) }
        if let span = record.span {
            text.append(literal: ",\"trace_id\":\"")
            text.append(hex: span.traceID.high)
            text.append(hex: span.traceID.low)
            text.append(literal: "\",\"span_id\":\"")
            text.append(hex: span.spanID.bits)
            text.append(literal: "\"")
        }
        // By index: an iterator would count the texts of each field in and out.
        let fields = record.fields.pairs
        for place in fields.indices.prefix(LogRecord.fieldCountMax) {
            let key = fields[place].key
            text.key(key.isReserved ? "field_" + key.name : key.name)
            if key.isSensitive {
                text.quoted(redactedMark)
                continue
            }
            switch fields[place].value {
            case .string(let string): text.quoted(string)
            case .integer(let integer): text.append(integer)
            case .number(let number): text.append(number)
            case .bool(let flag): text.append(flag ? "true" : "false")
            case .redacted: text.quoted(redactedMark)
            }
        }
        text.append(literal: "}\n")
        return text.bytes
    }

    private static func humanLine(_ record: LogRecord, isColoured: Bool) -> [UInt8] {
        var text = SafeText()
        let (start, dim, end) = isColoured ? (colour(of: record.level), "\u{1B}[2m", "\u{1B}[0m") : ("", "", "")
        text.append("\(dim)\(record.time.rfc3339)\(end) \(start)\(padded(record.level.name, 8))\(end) ")
        text.plain(padded(record.label, 10))
        text.append(" ")
        text.plain(record.message)
        var fields = Array(record.writableFields)
        if let requestID = record.requestID { fields.append(("request_id", .string(requestID))) }
        if let span = record.span { fields.append(("trace_id", .string(span.traceID.hex))) }
        for (name, value) in fields {
            text.append(" \(dim)")
            text.plain(name)
            text.append("=\(end)")
            switch value {
            case .string(let string): isPlain(string) ? text.plain(string) : text.quoted(string)
            case .integer(let integer): text.append(integer)
            case .number(let number): text.append(String(number))
            case .bool(let flag): text.append(String(flag))
            case .redacted: text.append(redactedMark)
            }
        }
        text.append("\n")
        return text.bytes
    }

    /// Whether a value can stand without quotes and still be told from what surrounds it.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func colour(of level: LogLevel) -> String {
        switch level {
        case .trace, .debug: "\u{1B}[90m"
        case .info: "\u{1B}[32m"
        case .notice: "\u{1B}[36m"
        case .warning: "\u{1B}[33m"
        case .error: "\u{1B}[31m"
        case .critical: "\u{1B}[1;31m"
        }
    }
}
