import Inference
import LlamaRuntime
import Telemetry
import Vocabulary

/// What a worker needs of an engine, whatever the engine is for.
protocol WorkerService: Generating, Embedding, EngineInspecting {
    var heartbeat: Heartbeat { get }
    /// Ends every request with this error, then the engine.
    func stop(telling error: ServiceError) async
}

extension WorkerService {
    /// Ends every request because the server ends, then the engine.
    func stop() async { await stop(telling: .shuttingDown) }
}

extension Engine: WorkerService {}
extension EmbeddingEngine: WorkerService {}

extension WorkerEngine {
    /// Starts the engine that the arguments ask for.
    ///
    /// - Parameters:
    ///   - shelf: the prefix cache's place outside the engine, for an engine that writes text.
    ///   - heartbeat: of the engine whose place this one takes.
    /// - Returns: the engine, ready for requests.
    /// - Throws: what the model, its adapters or llama.cpp refuse.
    func startService(shelf: (any CacheShelf)?, heartbeat: Heartbeat = Heartbeat()) async throws -> any WorkerService {
        switch arguments.computing.use {
        case .text: try await start(shelf: shelf, heartbeat: heartbeat)
        case .embeddings, .reranking: try await startEmbeddings(heartbeat)
        }
    }

    /// Tokens of a text at most where nothing says more: attention to all of them takes memory.
    private static let embeddingTokensDefault = 8_192

    private func startEmbeddings(_ heartbeat: Heartbeat) async throws -> EmbeddingEngine<LlamaTokenizer> {
        let pooling = arguments.computing.pooling.flatMap { VectorPooling(rawValue: $0.rawValue) }
        try loaded.checkRanking(pooling)
        let adapters = try LoadedAdapters(
            arguments.adapters, model: loaded.model, modelPath: arguments.modelPath, logger: logger)
        let tokens = min(
            loaded.contextTokens, arguments.contextTokens ?? arguments.cells ?? Self.embeddingTokensDefault)
        var context = LlamaEmbeddings.Options(
            sequenceTokensMax: tokens, batchTokensMax: arguments.batchTokens, threads: arguments.batchThreads ?? threads
        )
        context.pooling = pooling
        context.microBatchTokensMax = arguments.microBatchTokens
        context.flashAttention = arguments.computing.flashAttention
        context.positions = arguments.positions
        let options = EmbeddingOptions(
            norm: EmbeddingNorm(number: arguments.computing.embeddingNorm), waitingMax: arguments.queueMax,
            pairs: PairForm(loaded.model))
        let engine = try await EmbeddingEngine(
            served: ServedModel(
                id: ModelID(arguments.alias), created: UnixTime.now().nanoseconds / 1_000_000_000,
                contextTokens: tokens, note: arguments.note),
            tokenizer: loaded.tokenizer, options: options, heartbeat: heartbeat,
            makeRuntime: { [model = loaded.model, batchTokens = arguments.batchTokens, context] in
                let runtime = try LlamaEmbeddingRuntime(model: model, options: context, batchTokens: batchTokens)
                try runtime.apply(adapters)
                return runtime
            })
        logger.info(
            "the embedding engine is started",
            [
                "context_tokens": .integer(Int64(tokens)), "threads": .integer(Int64(threads)),
                "output": .string("\(engine.shape.output)"), "dimensions": .integer(Int64(engine.shape.dimensions)),
            ])
        return engine
    }
}

/// Joins what the embedding engine asks for with what the llama.cpp adapter offers.
struct LlamaEmbeddingRuntime: EmbeddingRuntime {
    private let context: LlamaEmbeddings
    let shape: EmbeddingShape

    init(model: LlamaModel, options: LlamaEmbeddings.Options, batchTokens: Int) throws(LlamaError) {
        context = try LlamaEmbeddings(model: model, options: options)
        let output: EmbeddingShape.Output =
            switch context.pooling {
            case .unpooled: .tokens
            case .mean, .cls, .last: .sequences
            case .rank: .scores
            }
        shape = EmbeddingShape(
            output: output, dimensions: context.vectorLength, sequenceTokensMax: context.sequenceTokensMax,
            batchTokensMax: batchTokens, sequencesMax: context.sequencesMax, vocabulary: model.vocabularyCount)
    }

    func apply(_ adapters: LoadedAdapters) throws(LlamaError) { try adapters.apply(to: context) }

    func vectors(of sequences: [[Int32]]) throws -> [[[Float]]] {
        do throws(LlamaError) {
            return try context.vectors(of: sequences)
        } catch {
            throw error.forClients
        }
    }
}

extension PairForm {
    /// As the model's vocabulary and file ask for it.
    fileprivate init(_ model: LlamaModel) {
        let separator = model.addsSeparatorToken ? model.separatorToken : nil
        let end = model.addsEndToken ? model.endToken ?? model.separatorToken : nil
        self.init(
            before: [model.addsBeginToken ? model.beginToken : nil].compactMap(\.self),
            between: [end, separator].compactMap(\.self), after: [end ?? separator].compactMap(\.self),
            template: model.rerankTemplate)
    }
}
