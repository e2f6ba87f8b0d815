import Configuration
import Inference
import LlamaRuntime

/// What guesses tokens ahead, and how far.
struct SpeculationArguments: Sendable, Equatable {
    /// A smaller model of the same vocabulary.
    struct Draft: Sendable, Equatable {
        var path: String
        /// Cells of its key-value cache; `nil` is as many as the model has.
        var cells: Int?
        /// `nil` is as many as the model has.
        var threads: Int?
        var batchThreads: Int?
        var gpuLayers: ComputingArguments.GPULayers
        var keyType: CacheType
        var valueType: CacheType
    }

    /// `nil` where no model drafts.
    var draft: Draft?
    var options: SpeculationOptions
    /// Write the same answers with and without guesses, print what they gain, and end.
    var isCompared: Bool
    /// The prompt to compare with.
    var promptPath: String?

    /// Whether anything guesses.
    var isOn: Bool { draft != nil || options.looksUp }

    init(_ parsed: ParsedCommand) throws {
        let kinds = try Self.kinds(parsed)
        options = SpeculationOptions()
        options.looksUp = kinds.contains(.lookUp)
        options.matchMin = parsed[EngineOption.lookUpMatch] ?? options.matchMin
        let least = parsed[EngineOption.draftMin] ?? parsed[EngineOption.olderDraftMin]
        let most = parsed[EngineOption.draftMax] ?? parsed[EngineOption.olderDraftMax]
        options.lookUpTokensMax = Self.bounded(
            parsed[EngineOption.lookUpMax] ?? parsed[EngineOption.olderDraftMax] ?? options.lookUpTokensMax)
        options.draftTokensMax = Self.bounded(most ?? options.draftTokensMax)
        options.tokensMin = Self.bounded(least ?? 0)
        options.probabilityMin = parsed[EngineOption.draftProbability] ?? 0
        options.isTuned = parsed.given(EngineOption.isTuned) ?? true
        isCompared = parsed[EngineOption.comparesSpeculation]
        promptPath = parsed[EngineOption.promptFile]
        guard kinds.contains(.model), let path = parsed[EngineOption.draftModel] else { return }
        draft = Draft(
            path: path, cells: parsed[EngineOption.draftCells].flatMap { $0 == 0 ? nil : $0 },
            threads: parsed[EngineOption.draftThreads].flatMap { $0 > 0 ? $0 : nil },
            batchThreads: parsed[EngineOption.draftBatchThreads].flatMap { $0 > 0 ? $0 : nil },
            gpuLayers: parsed[EngineOption.draftLayers] ?? .auto,
            keyType: parsed[EngineOption.draftKeyType] ?? .f16, valueType: parsed[EngineOption.draftValueType] ?? .f16)
    }

    private static func bounded(_ count: Int) -> Int { min(count, SpeculationOptions.depthMax) }

    private static func kinds(_ parsed: ParsedCommand) throws -> Set<SpeculationKind> {
        let hasModel = parsed[EngineOption.draftModel] != nil
        var kinds: Set<SpeculationKind> = parsed[EngineOption.speculatesByDefault] ? [.lookUp] : []
        guard let types = parsed[EngineOption.speculationTypes] else { return hasModel ? kinds.union([.model]) : kinds }
        for type in types {
            switch type {
            case .none: break
            case .auto: kinds.formUnion(hasModel ? [.lookUp, .model] : [.lookUp])
            case .draft:
                guard hasModel else {
                    throw UsageError(
                        problem: "--spec-type \(type.rawValue) needs a draft model, and there is none.",
                        hint: "Name a smaller model of the same vocabulary with --model-draft FILE.")
                }
                kinds.insert(.model)
            case .lookUp: kinds.insert(.lookUp)
            }
        }
        return kinds
    }
}

enum SpeculationKind: Sendable { case lookUp, model }

/// What `--spec-type` names.
enum SpeculationType: String, Sendable {
    case none
    /// Everything there is.
    case auto
    case draft = "draft-simple"
    case lookUp = "ngram-simple"

    /// llama-server's names. It has several ways to find what came before; here they are one.
    static let names: [(name: String, type: SpeculationType)] = [
        ("none", .none), ("auto", .auto), ("draft-simple", .draft), ("draft", .draft), ("ngram-simple", .lookUp),
        ("ngram-map-k", .lookUp), ("ngram-map-k4v", .lookUp), ("ngram-mod", .lookUp), ("ngram-cache", .lookUp),
        ("ngram", .lookUp),
    ]
}

extension EngineOption {
    static let speculationTypes = CommandOption<[SpeculationType]>(
        "spec-type", also: [], variable: "LLAMA_ARG_SPEC_TYPE", .speculationTypes,
        "What guesses tokens ahead: ngram-simple looks them up in prompt and answer, draft-simple is --model-draft.")
    static let speculatesByDefault = CommandOption<Bool>(
        "spec-default", .flag, "The same as --spec-type ngram-simple, beside a draft model.")
    static let draftModel = CommandOption<String>(
        "model-draft", also: ["-md", "--spec-draft-model"], variable: "LLAMA_ARG_SPEC_DRAFT_MODEL", .path("FILE"),
        "GGUF file of a smaller model that guesses tokens ahead.")
    static let draftMax = CommandOption<Int>(
        "spec-draft-n-max", also: [], variable: "LLAMA_ARG_SPEC_DRAFT_N_MAX", .integer(in: 0...1_000_000),
        "Tokens that the draft model guesses at once at most (default 15, at most 64).")
    static let olderDraftMax = CommandOption<Int>(
        "draft-max", also: ["--draft", "--draft-n"], variable: "LLAMA_ARG_DRAFT_MAX", .integer(in: 0...1_000_000),
        "The same, and for look-ups.")
    static let draftMin = CommandOption<Int>(
        "spec-draft-n-min", also: [], variable: "LLAMA_ARG_SPEC_DRAFT_N_MIN", .integer(in: 0...1_000_000),
        "Guesses of fewer tokens are not verified (default 0).")
    static let olderDraftMin = CommandOption<Int>(
        "draft-min", also: ["--draft-n-min"], variable: "LLAMA_ARG_DRAFT_MIN", .integer(in: 0...1_000_000), "The same.")
    static let draftProbability = CommandOption<Double>(
        "draft-p-min", also: ["--spec-draft-p-min"], variable: "LLAMA_ARG_SPEC_DRAFT_P_MIN", .number(in: 0...1),
        "The draft model guesses on while its best token is at least this likely (default 0).")
    static let lookUpMatch = CommandOption<Int>(
        "spec-ngram-simple-size-n",
        also: [
            "--spec-ngram-map-k-size-n", "--spec-ngram-map-k4v-size-n", "--spec-ngram-mod-n-match",
            "--spec-ngram-size-n",
        ], .integer(in: 1...1024), "Tokens that must agree for a look-up (default 3).")
    static let lookUpMax = CommandOption<Int>(
        "spec-ngram-simple-size-m",
        also: [
            "--spec-ngram-map-k-size-m", "--spec-ngram-map-k4v-size-m", "--spec-ngram-mod-n-max", "--spec-ngram-size-m",
        ], .integer(in: 1...1024), "Tokens that a look-up guesses at most (default 31, at most 64).")
    static let isTuned = CommandOption<Bool>(
        "spec-tune", also: [], negations: ["--no-spec-tune"], .flag,
        "Guess as many tokens as are measured to pay, or always as many as may be (default: as pay).")
    static let draftCells = CommandOption<Int>(
        "ctx-size-draft", also: ["-cd", "--spec-draft-ctx-size"], variable: "LLAMA_ARG_CTX_SIZE_DRAFT",
        .integer(in: 0...Int(Int32.max)), "Tokens of context of the draft model (default: as the model).")
    static let draftLayers = CommandOption<ComputingArguments.GPULayers>(
        "gpu-layers-draft", also: ["-ngld", "--n-gpu-layers-draft", "--spec-draft-ngl"],
        variable: "LLAMA_ARG_N_GPU_LAYERS_DRAFT", .gpuLayers, "Layers of the draft model on a GPU (default auto).")
    static let draftThreads = CommandOption<Int>(
        "threads-draft", also: ["-td", "--spec-draft-threads"], .integer(in: -1...1024),
        "Threads of the draft model (default: as --threads).")
    static let draftBatchThreads = CommandOption<Int>(
        "threads-batch-draft", also: ["-tbd", "--spec-draft-threads-batch"], .integer(in: -1...1024),
        "Its threads for prompts (default: as --threads-draft).")
    static let draftKeyType = CommandOption<CacheType>(
        "cache-type-k-draft", also: ["-ctkd", "--spec-draft-type-k"], variable: "LLAMA_ARG_SPEC_DRAFT_CACHE_TYPE_K",
        .choice, "Number format of the draft model's keys (default f16).")
    static let draftValueType = CommandOption<CacheType>(
        "cache-type-v-draft", also: ["-ctvd", "--spec-draft-type-v"], variable: "LLAMA_ARG_SPEC_DRAFT_CACHE_TYPE_V",
        .choice, "Number format of the draft model's values (default f16).")
    static let comparesSpeculation = CommandOption<Bool>(
        "compare-speculation", .flag, "Write answers with and without guesses, print what they gain, and end.")
    static let promptFile = CommandOption<String>(
        "prompt-file", also: ["-f", "--file"], .path("FILE"), "The prompt for --compare-speculation.")

    static let speculationOptions = [
        speculationTypes.declared, speculatesByDefault.declared, draftModel.declared, draftMax.declared,
        olderDraftMax.declared, draftMin.declared, olderDraftMin.declared, draftProbability.declared,
        lookUpMatch.declared, lookUpMax.declared, isTuned.declared, draftCells.declared, draftLayers.declared,
        draftThreads.declared, draftBatchThreads.declared, draftKeyType.declared, draftValueType.declared,
        comparesSpeculation.declared, promptFile.declared,
    ].map { $0.listed(under: "Guessing tokens ahead") }
}

extension ValueKind where Value == [SpeculationType] {
    /// Names separated by commas.
    fileprivate static var speculationTypes: ValueKind {
        let names = SpeculationType.names.map(\.name).joined(separator: ", ")
        return .argument("names out of \(names), separated by commas", placeholder: "TYPE") { text in
            let parts = text.split(separator: ",").map(\.trimmingSpaces)
            let types = parts.compactMap { part in SpeculationType.names.first { $0.name == part }?.type }
            return types.count == parts.count && (1...16).contains(types.count) ? types : nil
        }
    }
}
