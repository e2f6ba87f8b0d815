import Inference
import LlamaRuntime
import Telemetry
import Vocabulary

/// What a worker needs of an engine, whatever the engine is for.
protocol WorkerService: Generating, TokenCounting, Embedding, EngineInspecting, AdapterControlling {
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

    /// Tokens of several texts that are worth computing together on a processor. Attention is computed between all tokens of
    /// a batch, also of different texts: work that grows with its square and is thrown away. Beside the rest of the work it
    /// grows with tokens over width. Measured with all-MiniLM-L6-v2 (384 wide), one thread, texts of 15 tokens: 48 to 96
    /// tokens take 3.9 to 4.1 ms of a core for each text, 128 take 4.6, 512 take 8.8.
    private var packedTokens: Int {
        switch arguments.computing.gpuLayers {
        case .auto, .count(0): min(arguments.batchTokens, max(64, loaded.model.vectorLength / 6))
        case .all, .count: arguments.batchTokens
        }
    }

    private func startEmbeddings(_ heartbeat: Heartbeat) async throws -> EmbeddingEngine<LlamaTokenizer> {
        let pooling = arguments.computing.pooling.flatMap { VectorPooling(rawValue: $0.rawValue) }
        try loaded.checkRanking(pooling)
        let initial = try await adapterOptions().initial
        let tokens = min(
            loaded.contextTokens, arguments.contextTokens ?? arguments.cells ?? Self.embeddingTokensDefault)
        var context = LlamaEmbeddings.Options(
            sequenceTokensMax: tokens, batchTokensMax: arguments.batchTokens, threads: arguments.batchThreads ?? threads
        )
        context.pooling = pooling
        context.microBatchTokensMax = arguments.microBatchTokens
        context.flashAttention = arguments.computing.flashAttention
        context.controlVector = try controlVector()
        context.positions = arguments.positions
        var options = EmbeddingOptions(
            norm: EmbeddingNorm(number: arguments.computing.embeddingNorm), waitingMax: arguments.queueMax,
            pairs: PairForm(loaded.model))
        options.deadlineMax = arguments.scheduling.deadlineMax
        options.adapters = initial.enumerated().map { id, adapter in
            AdapterReport(
                id: id, path: adapter.path, scale: adapter.scale, taskName: adapter.taskName,
                promptPrefix: adapter.promptPrefix, rank: adapter.rank)
        }
        let engine = try await EmbeddingEngine(
            served: served(contextTokens: tokens, created: UnixTime.now().seconds),
            tokenizer: loaded.tokenizer, options: options, heartbeat: heartbeat,
            makeRuntime: { [loaded, batchTokens = packedTokens, context, adapters] in
                for (id, adapter) in initial.enumerated() { try adapter.load(id) }
                var runtime = try LlamaEmbeddingRuntime(
                    model: loaded.model, options: context, batchTokens: batchTokens, adapters: adapters)
                runtime.shape.scoresAreProbabilities = loaded.scoresAreProbabilities
                try runtime.apply(
                    AdapterSet(initial.enumerated().map { AdapterScale(id: $0, scale: $1.scale) }))
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
    private let adapters: LoadedAdapters
    var shape: EmbeddingShape

    init(
        model: LlamaModel, options: LlamaEmbeddings.Options, batchTokens: Int, adapters: LoadedAdapters
    ) throws(LlamaError) {
        self.adapters = adapters
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
        if output == .scores { shape.labels = model.scoreLabels }
    }

    func apply(_ set: AdapterSet) throws { try context.apply(try adapters.adapters(of: set)) }

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
