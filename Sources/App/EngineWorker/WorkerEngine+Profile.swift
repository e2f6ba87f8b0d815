import GGUF
import Inference
import JSONText
import LlamaRuntime
import LlamaServerAPI
import OpenAIAPI
import Vocabulary

extension WorkerEngine {
    /// The model as clients see it in lists.
    ///
    /// - Parameters:
    ///   - contextTokens: tokens that one sequence has at most.
    ///   - created: Unix time in seconds.
    ///   - modalities: what it reads beside text.
    /// - Returns: the model with what its file says.
    func served(contextTokens: Int, created: Int64, modalities: Modalities = Modalities()) -> ServedModel {
        var served = ServedModel(
            id: ModelID(arguments.alias), created: created, contextTokens: contextTokens, note: arguments.note,
            modalities: modalities)
        served.aliases = arguments.otherAliases
        served.tags = arguments.serving.tags
        served.facts = loaded.facts
        served.isEncoder = arguments.computing.use != .text
        return served
    }

    /// What `GET /props` tells.
    func profile(contextTokens: Int) -> EngineProfile {
        var profile = EngineProfile()
        profile.modelPath = arguments.modelPath
        profile.alias = arguments.alias
        profile.fileType = loaded.facts.fileType
        profile.slots = arguments.parallel
        profile.contextTokens = contextTokens
        profile.build = Self.fingerprint
        profile.settings = NativeSettings.sampling(
            arguments.sampling, newTokensMax: arguments.defaults.newTokensMax,
            ignoresEnd: arguments.defaults.ignoresEnd)
        profile.template = loaded.templateSource
        profile.beginText = loaded.tokenizer.beginText
        profile.endText = loaded.tokenizer.endText
        profile.offersSlots = arguments.serving.offersSlots
        profile.offersMetrics = arguments.serving.offersMetrics
        profile.offersProps = arguments.serving.offersProps
        profile.hasPage = arguments.serving.hasPage
        return profile
    }

    /// What computes: llama-server's form, a `b` and its version.
    static var fingerprint: String {
        "b" + LlamaBuild.version.split(separator: " ").dropFirst().joined(separator: "-")
    }
}

extension LoadedModel {
    /// What a checked file and the vocabulary say of the model.
    static func facts(_ summary: ModelSummary, _ model: LlamaModel) -> ModelFacts {
        ModelFacts(
            vocabularyType: model.vocabularyType, vocabularyCount: model.vocabularyCount,
            trainedContextTokens: model.trainedContextTokens, embeddingLength: model.embeddingLength,
            parameterCount: Int(clamping: summary.parameterCount), bytes: Int(clamping: summary.tensorBytes),
            fileType: summary.quantization ?? "unknown")
    }
}
