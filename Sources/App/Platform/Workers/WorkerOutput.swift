import JSONText
import Processes
import Telemetry

/// Reads what a worker prints: one JSON line on standard output when it is ready, log lines on standard error.
struct WorkerOutput: Sendable {
    struct Ready: Sendable, Equatable {
        var contextTokens: Int?
    }

    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// Passes a log line on, or tells that the worker is ready.
    func take(_ line: OutputLine) -> Ready? {
        guard let value = try? JSONValue.parse(line.text), value.object != nil else {
            // ggml reports an abort in plain text.
            if !line.text.isEmpty { logger.warning(line.text) }
            return nil
        }
        if line.stream == .output, value["event"] == "ready" {
            return Ready(contextTokens: value["context_tokens"]?.integer.map { Int(clamping: $0) })
        }
        let level = value["level"]?.string.flatMap { LogLevel(name: $0) } ?? .info
        var fields = LogFields()
        for (key, value) in value.object ?? [:] where !Self.own.contains(key) {
            fields[LogKey(key)] = value.string.map(LogValue.string) ?? .string(value.text)
        }
        // Its request lines repeat ours; they are for those who look closer.
        let isRequest = value["logger"] == "http"
        within(value) { logger.log(isRequest ? .debug : level, value["message"]?.string ?? "", fields) }
        return nil
    }

    /// The line keeps its request and its trace, under the names that our own lines have.
    private func within(_ line: JSONValue, _ body: () -> Void) {
        let span = line["trace_id"]?.string.flatMap { trace in
            line["span_id"]?.string.flatMap { SpanContext(traceparent: "00-\(trace)-\($0)-00") }
        }
        LogContext.$current.withValue(line["request_id"]?.string.map { LogContext(requestID: $0) }) {
            SpanContext.$current.withValue(span) { body() }
        }
    }

    /// What our own line says anew.
    private static let own: Set<String> = [
        "time", "level", "logger", "message", "request_id", "trace_id", "span_id",
    ]
}
