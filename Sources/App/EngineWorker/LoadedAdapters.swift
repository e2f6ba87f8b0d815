import GGUF
import LlamaRuntime
import Telemetry
import Vocabulary

/// The LoRA adapters of a command line, checked and loaded, in its order.
struct LoadedAdapters: Sendable {
    private let loaded: [(adapter: LlamaAdapter, scale: Float)]

    /// For a model by itself.
    static let none = LoadedAdapters()
    private init() { loaded = [] }

    /// - Parameters:
    ///   - arguments: files and scales.
    ///   - model: a loaded model of which there is no context yet.
    ///   - modelPath: its file.
    ///   - logger: is told of each adapter.
    /// - Throws: `ServiceError` that names the file and says what does not fit.
    init(
        _ arguments: [AdapterArgument], model: LlamaModel, modelPath: String, logger: Logger
    ) throws(ServiceError) {
        guard !arguments.isEmpty else {
            self = .none
            return
        }
        let modelFile: GGUFFile
        do {
            modelFile = try GGUFFile.read(from: try FileBytes(path: modelPath))
        } catch {
            throw ServiceError(.invalidValue, "The model file \(modelPath) cannot be read again: \(error)")
        }
        var loaded: [(adapter: LlamaAdapter, scale: Float)] = []
        for argument in arguments {
            do {
                let adapter = try LlamaAdapter(path: argument.path, model: model, modelFile: modelFile)
                loaded.append((adapter, argument.scale))
                Self.report(adapter.file, argument, logger)
            } catch {
                throw ServiceError(
                    .invalidValue, "The adapter \(argument.path) cannot be used. \(error.message)",
                    hint: "Convert it for this model with llama.cpp's convert_lora_to_gguf.py.")
            }
        }
        self.loaded = loaded
    }

    /// Makes a new context compute with them.
    func apply(to context: LlamaContext) throws(LlamaError) {
        if !loaded.isEmpty { try context.apply(loaded) }
    }

    func apply(to context: LlamaEmbeddings) throws(LlamaError) {
        if !loaded.isEmpty { try context.apply(loaded) }
    }

    private static func report(_ file: AdapterFile, _ argument: AdapterArgument, _ logger: Logger) {
        logger.info(
            "adapter loaded",
            [
                "file": .string(argument.path), "scale": .number(Double(argument.scale)),
                "rank": .integer(Int64(file.rank)), "tensors": .integer(Int64(file.pairCount)),
            ])
        if file.skippedCount > 0 {
            logger.warning(
                "the adapter's norms are left out, as in llama.cpp",
                ["file": .string(argument.path), "tensors": .integer(Int64(file.skippedCount))])
        }
    }
}
