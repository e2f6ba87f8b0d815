import CLlamaShim
import CMediaShim

/// llama.cpp's own messages.
public enum LlamaLog {
    /// ggml's levels, from `ggml.h`.
    public enum Level: Int32, Sendable {
        case debug = 1
        case info = 2
        case warning = 3
        case error = 4
        /// Goes on with the line before.
        case continuation = 5
    }

    /// Sends every message of this process to `sink`, from any thread, instead of to standard error.
    ///
    /// llama.cpp keeps one sink per process for good, so the closure is never released. Call it once.
    ///
    /// - Parameters:
    ///   - isWanted: whether messages of a level are made into strings at all: each step of a model tells something.
    ///   - sink: takes those that are wanted.
    public static func send(
        _ isWanted: @escaping @Sendable (Level) -> Bool = { _ in true },
        to sink: @escaping @Sendable (Level, String) -> Void
    ) {
        let box = unsafe Unmanaged.passRetained(LogSinkBox(isWanted, sink)).toOpaque()
        unsafe nexus_llama_log_to(forward, box)
        unsafe nexus_media_log_to(forward, box)
    }

    private static let forward: @convention(c) (Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = {
        level, text, context in
        guard let text = unsafe text, let context = unsafe context else { return }
        let box = unsafe Unmanaged<LogSinkBox>.fromOpaque(context).takeUnretainedValue()
        let level = Level(rawValue: level) ?? .info
        guard box.isWanted(level) else { return }
        let message = unsafe String(cString: text)
        box.sink(level, message)
    }
}

private final class LogSinkBox: Sendable {
    let isWanted: @Sendable (LlamaLog.Level) -> Bool
    let sink: @Sendable (LlamaLog.Level, String) -> Void

    init(
        _ isWanted: @escaping @Sendable (LlamaLog.Level) -> Bool,
        _ sink: @escaping @Sendable (LlamaLog.Level, String) -> Void
    ) {
        self.isWanted = isWanted
        self.sink = sink
    }
}
