import Digests
import GGUF
import Inference
import Launch
import LlamaRuntime
import Telemetry
import Templates
import Vocabulary

/// A model file that was checked and loaded, with everything that an engine needs of it.
struct LoadedModel: Sendable {
    let model: LlamaModel
    let tokenizer: LlamaTokenizer
    let chat: ChatTemplate?
    /// The chat template's Jinja source.
    let templateSource: String?
    /// Tokens that one sequence has at most.
    let contextTokens: Int
    let facts: ModelFacts
    /// Bytes of all tensors in the file.
    let weightBytes: UInt64
    /// Of the file, when somebody asks.
    let hash: FileHash
    /// What the file says about ranking.
    private let ranking: Ranking

    private struct Ranking {
        /// Whether there is a head that gives scores.
        let hasHead: Bool
        /// Whether the file itself asks for it.
        let isDefault: Bool
        /// Whether the scores add up to 1: llama.cpp ends the graph of Qwen 3's rerankers with a softmax.
        let isNormalized: Bool

        init(_ file: GGUFFile) {
            hasHead = file.tensors.contains { $0.name == "cls.weight" || $0.name == "cls.output.weight" }
            // `LLAMA_POOLING_TYPE_RANK` of llama.h.
            isDefault = file.metadata.ofArchitecture("pooling_type")?.integer == 4
            isNormalized = ["qwen3", "qwen3vl"].contains(file.summary.architecture)
        }
    }

    /// Reads the file with our own bounds-checked reader first, and only then lets llama.cpp map it.
    ///
    /// - Parameters:
    ///   - arguments: which file, and how it is to be computed.
    ///   - servers: workers on other machines that it is spread over.
    ///   - logger: is told what was found.
    /// - Throws: `ServiceError` that says what is wrong with the file.
    init(_ arguments: EngineArguments, servers: RPCServers? = nil, logger: Logger) throws(ServiceError) {
        let path = arguments.modelPath
        hash = FileHash(path: path, logger: logger)
        let file: GGUFFile
        do {
            file = try GGUFFile.read(from: try FileBytes(path: path))
        } catch {
            throw ServiceError(
                .invalidValue, "The model file \(path) cannot be used: \(error)",
                hint: "Check the path, or download the file again.")
        }
        let summary = file.summary
        ranking = Ranking(file)
        weightBytes = summary.tensorBytes
        logger.info(
            "model file checked",
            [
                "file": .string(path), "architecture": .string(summary.architecture ?? "unknown"),
                "parameters": .integer(Int64(clamping: summary.parameterCount)),
                "quantization": .string(summary.quantization ?? "unknown"),
            ])
        try ModelChecks.check(file, arguments)
        var options = arguments.modelOptions
        options.servers = servers
        do {
            model = try LlamaModel(path: path, options: options)
        } catch {
            if let away = error.forClients as? ServiceError { throw away }
            throw ServiceError(
                .engineFailed, "llama.cpp could not load \(path).", hint: "Its messages are in the log.",
                detail: error.message)
        }
        let readsBothWays = file.metadata.ofArchitecture("attention.causal") == .bool(false)
        guard arguments.computing.use != .text || model.hasDecoder && !readsBothWays else {
            throw ServiceError(
                .unsupported, "\(path) does not write text: it reads whole texts.",
                hint: "Start it with --embeddings, or serve a model for chats or text completion.")
        }
        tokenizer = LlamaTokenizer(model)
        facts = Self.facts(summary, model)
        let trained = Int(Double(model.trainedContextTokens) * arguments.positions.stretch)
        let wanted = arguments.contextTokens ?? arguments.cells
        contextTokens = min(wanted ?? trained, trained)
        if let asked = arguments.contextTokens, asked > trained {
            logger.warning(
                "the context is limited to what the model was trained for",
                ["asked": .integer(Int64(asked)), "trained": .integer(Int64(trained))])
        }
        switch arguments.chat.template {
        case .source(let text): templateSource = text
        case .named(let name):
            guard let source = FamilyTemplates.source(name) else {
                throw ServiceError(
                    .invalidValue,
                    "There is no built-in chat template called '\(name)'; there are \(FamilyTemplates.names).",
                    hint: "Give the template as Jinja text, or as a file with --chat-template-file.")
            }
            templateSource = source
        case nil:
            if model.chatTemplate == nil { logger.notice("the model has no chat template; chats get ChatML") }
            templateSource = model.chatTemplate ?? FamilyTemplates.chatML
        }
        chat = Self.chatTemplate(templateSource, logger: logger)
    }

    /// What tells this model in this build from others.
    var identity: EngineIdentity {
        EngineIdentity(
            modelHash: { [hash] in await hash.value() },
            templateHash: templateSource.map { SHA256.digest(of: Array($0.utf8)).hexadecimal },
            build: "llama-nexus \(productVersion), \(LlamaBuild.version), \(LlamaBuild.system)")
    }

    /// Refuses to rank with a model that has no head for it: llama.cpp would take the first number of a vector for the score.
    func checkRanking(_ pooling: VectorPooling?) throws(ServiceError) {
        guard pooling == .rank || pooling == nil && ranking.isDefault, !ranking.hasHead else { return }
        throw ServiceError(
            .unsupported, "This model cannot rank: its file has no head that gives scores.",
            hint: "Serve a model that was made for ranking, or start this one with --pooling mean, cls or last.")
    }

    /// Whether the head's scores are probabilities already.
    var scoresAreProbabilities: Bool { ranking.isNormalized }

    /// Cells that unused prefixes may keep in the key-value cache.
    ///
    /// On a processor attention looks at the mask of every cell in use, for each head of each layer: about a nanosecond
    /// each. A twentieth of the time that reading the weights takes, at 25 GB/s, is what they may cost.
    var idleCellsMax: Int {
        max(1_024, Int(clamping: weightBytes) / 500 / max(1, model.headCount * model.layerCount))
    }

    /// Threads for a model of this size: one for each 8 MiB of weights, as far as there are cores.
    ///
    /// All threads wait for each other many times in each step. For a small model that is a large part of the step: the
    /// starter model on two cores gains a tenth to a third from a second thread while nothing else runs, and falls to about
    /// a hundredth of its speed while other work keeps the cores busy: a waiting thread spins while the other is off the
    /// core.
    func threads(cores: Int) -> Int { max(1, min(cores, Int(clamping: weightBytes >> 23))) }

    /// The file's chat template. One that cannot be read is no reason to refuse the model: it still completes text.
    private static func chatTemplate(_ source: String?, logger: Logger) -> ChatTemplate? {
        guard let source else {
            logger.notice("the model has no chat template; only /v1/completions will work")
            return nil
        }
        do {
            let template = try Template(source: source)
            return ChatTemplate(template, now: { .now() })
        } catch {
            logger.error("the model's chat template cannot be read", [.error: .string("\(error)")])
            return nil
        }
    }
}
