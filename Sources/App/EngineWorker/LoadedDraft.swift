import GGUF
import Inference
import LlamaRuntime
import Telemetry
import Vocabulary

/// A smaller model that guesses tokens for the one that is served: checked and loaded.
struct LoadedDraft: Sendable {
    let model: LlamaModel
    let draft: SpeculationArguments.Draft

    /// Reads the file with our own bounds-checked reader first, and only then lets llama.cpp map it.
    ///
    /// - Parameters:
    ///   - draft: the file, and how to use it.
    ///   - target: the model that verifies.
    ///   - options: how the target was loaded.
    ///   - logger: is told of it.
    /// - Throws: `ServiceError` that names the file and says what does not fit.
    init(
        _ draft: SpeculationArguments.Draft, target: LlamaModel, options: LlamaModel.Options, logger: Logger
    ) throws(ServiceError) {
        let path = draft.path
        let summary: ModelSummary
        do {
            summary = try GGUFFile.read(from: try FileBytes(path: path)).summary
        } catch {
            throw ServiceError(
                .invalidValue, "The draft model's file \(path) cannot be used: \(error)",
                hint: "Check the path, or download the file again.")
        }
        var options = options
        options.gpuLayers = draft.gpuLayers.llamaLayers
        do throws(LlamaError) {
            model = try LlamaModel(path: path, options: options)
        } catch {
            throw ServiceError(
                .engineFailed, "llama.cpp could not load the draft model \(path).",
                hint: "Its messages are in the log.", detail: error.message)
        }
        guard model.hasDecoder, model.memoryIsCells else {
            throw ServiceError(
                .unsupported,
                "\(path) cannot be a draft model: what it remembers cannot be cut where a guess was wrong.",
                hint: "Use a model that has attention over all positions in every layer.")
        }
        if let difference = model.vocabularyDifference(from: target) {
            throw ServiceError(
                .invalidValue, "\(path) cannot guess for this model, because their vocabularies differ: \(difference).",
                hint: "Use a smaller model of the same family.")
        }
        self.draft = draft
        logger.info(
            "draft model loaded",
            ["file": .string(path), "parameters": .integer(Int64(clamping: summary.parameterCount))])
    }

    /// How to make its context beside the target's.
    ///
    /// - Parameters:
    ///   - target: how the target's is made.
    ///   - slots: sequences that are written at once.
    /// - Returns: the options; a context holds no more than the model was trained for in each sequence.
    func contextOptions(beside target: LlamaContext.Options, slots: Int) -> LlamaContext.Options {
        var options = LlamaContext.Options(
            cells: draft.cells ?? target.cells, sequencesMax: slots, batchTokensMax: target.batchTokensMax,
            threads: draft.threads ?? target.threads)
        options.batchThreads = draft.batchThreads ?? draft.threads ?? target.batchThreads
        options.microBatchTokensMax = target.microBatchTokensMax
        options.flashAttention = target.flashAttention
        options.offloadsCache = target.offloadsCache
        options.keyType = draft.keyType
        options.valueType = draft.valueType
        return options
    }
}

extension ComputingArguments.GPULayers {
    fileprivate var llamaLayers: Int32? {
        switch self {
        case .auto: nil
        case .all: -1
        case .count(let count): Int32(clamping: count)
        }
    }
}
