import Foundation
import GGUF
import JSONText
import Launch
import LlamaRuntime
import Synchronization
import Vocabulary

/// What a tool of the engine tells whoever started it: one JSON object a line on standard output.
enum ToolEvents {
    /// Shortest time between two lines of progress.
    private static let pause = Duration.milliseconds(100)
    private static let latest = Mutex<ContinuousClock.Instant?>(nil)

    /// How far the work is. Steps that follow too fast are left out; the result says that it is done.
    static func progress(done: UInt64, total: UInt64, unit: String, stage: String) {
        let isDue = latest.withLock { latest in
            let now = ContinuousClock.now
            if let before = latest, now - before < pause { return false }
            latest = now
            return true
        }
        guard isDue else { return }
        write([
            "event": "progress", "done": .integer(Int64(clamping: done)), "total": .integer(Int64(clamping: total)),
            "unit": .string(unit), "stage": .string(stage),
        ])
    }

    static func result(_ members: JSONObject) {
        var line: JSONObject = ["event": "result"]
        for (key, value) in members { line[key] = value }
        write(line)
    }

    /// The reason why nothing came of it, for programs; people read it on standard error.
    static func failure(_ error: any Error) -> ServiceError {
        let known: ServiceError
        switch error {
        case let error as ServiceError: known = error
        case let error as LlamaError: known = ServiceError(code(of: error), sentence(error.message))
        case let error as GGUFError: known = ServiceError(.invalidValue, sentence(String(describing: error)))
        default: known = ServiceError(.internalError, sentence(String(describing: error)))
        }
        write([
            "event": "error", "code": .string(known.code.rawValue), "message": .string(known.message),
            "hint": known.hint.map { .string($0) } ?? .null,
        ])
        return known
    }

    private static func code(of error: LlamaError) -> ServiceError.Code {
        switch error.code {
        case .load, .tokenize, .quantize, .context: .invalidValue
        default: .engineFailed
        }
    }

    private static func sentence(_ text: String) -> String {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
    }

    private static func write(_ line: JSONObject) { StandardStream.output.write(JSONValue.object(line).text + "\n") }
}
