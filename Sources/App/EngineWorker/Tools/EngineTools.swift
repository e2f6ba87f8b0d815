import Configuration
import Foundation
import GGUF
import Launch
import LlamaRuntime
import Synchronization
import Vocabulary

/// What `nexus-engine` does with models besides serving them: `quantize`, `imatrix`, `measure`.
///
/// The platform starts them as child processes, because it never links llama.cpp itself.
enum EngineTools {
    static let commands = [QuantizeTool.command, ImatrixTool.command, MeasureTool.command]

    static let threads = CommandOption<Int>(
        "threads", short: "t", .integer(in: 1...512),
        "Threads that compute. As many as there are processors by default.")

    /// Whether these arguments are for a tool.
    static func takes(_ arguments: [String]) -> Bool { commands.contains { $0.name == arguments.first } }

    /// Runs a tool until it is done, or a signal ends it.
    static func run(_ parsed: ParsedCommand) async throws {
        let signals = TerminationSignals()
        // A limit of file sizes is an error of write, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        let unfinished = Unfinished()
        let watch = Task {
            let number = await signals.wait()
            // Whoever waited until it was cancelled has heard nothing.
            guard !Task.isCancelled else { return }
            unfinished.discard()
            _exit(128 + number)
        }
        defer { watch.cancel() }
        do {
            try await OwnThread.run(parsed.name) {
                switch parsed.name {
                case QuantizeTool.command.name: try QuantizeTool(parsed).run(unfinished)
                case ImatrixTool.command.name: try ImatrixTool(parsed).run(unfinished)
                default: try MeasureTool(parsed).run()
                }
            }
        } catch let error as UsageError {
            throw error
        } catch {
            unfinished.discard()
            throw ToolEvents.failure(error)
        }
    }

    static func threadCount(_ parsed: ParsedCommand) -> Int {
        parsed[threads] ?? ProcessInfo.processInfo.activeProcessorCount
    }

    /// Loads a model that writes text.
    static func load(_ path: String) throws -> LlamaModel {
        let file = try header(path)
        guard file.metadata.ofArchitecture("attention.causal")?.bool != false else {
            throw ServiceError(
                .invalidValue, "\(path) does not write text, so there is nothing to measure.",
                hint: "Embedding models can be quantised, without an importance matrix.")
        }
        return try LlamaModel(path: path)
    }

    /// A model file's header, checked before llama.cpp believes it.
    static func header(_ path: String) throws -> GGUFFile {
        _ = try FileMark(path)
        return try GGUFFile.read(from: FileBytes(path: path))
    }

    /// What a text may have.
    private static let textBytesMax = 64 << 20

    /// A text to measure on.
    static func text(_ path: String) throws -> String {
        _ = try FileMark(path)
        let bytes = try ArgumentFile.read(path, bytesMax: textBytesMax)
        guard !bytes.isEmpty else {
            throw ServiceError(.invalidValue, "The text \(path) is empty.", hint: "Give one of some thousand words.")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The file that is being written, to be removed when a signal ends the process.
final class Unfinished: Sendable {
    private let file = Mutex<OutputFile?>(nil)

    func set(_ output: OutputFile?) { file.withLock { $0 = output } }

    /// Has what was written so far reach the disk.
    func beginWriting() { file.withLock { $0 }?.beginWriting() }

    func discard() {
        let output = file.withLock { file in
            defer { file = nil }
            return file
        }
        output?.discard()
    }
}
