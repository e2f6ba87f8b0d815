import LlamaRuntime
import Telemetry

extension LlamaLog {
    /// llama.cpp's messages as lines of our log. Its "info" is chatter about each load; it becomes "debug".
    static func send(to logger: Logger) {
        let hasDetails = logger.levelMin <= .debug
        send({ $0 == .warning || $0 == .error || hasDetails }) { level, text in
            let line = text.trimmingSuffix(while: \.isNewline)
            guard !line.allSatisfy({ $0.isWhitespace || $0 == "." }) else { return }
            switch level {
            // The cache is shared by several sequences, each of which keeps to what the model was trained for.
            case .warning where line.hasPrefix("llama_context: n_ctx_seq"): logger.debug(line)
            case .error: logger.error(line)
            case .warning: logger.warning(line)
            case .info, .debug, .continuation: logger.debug(line)
            }
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> String {
        var end = endIndex
        while end > startIndex, condition(self[index(before: end)]) { end = index(before: end) }
        return String(self[..<end])
    }
}
