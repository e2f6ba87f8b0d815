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
        logger.log(isRequest ? .debug : level, value["message"]?.string ?? "", fields)
        return nil
    }

    /// What our own line says anew.
    private static let own: Set<String> = ["time", "level", "logger", "message", "span_id"]
}
