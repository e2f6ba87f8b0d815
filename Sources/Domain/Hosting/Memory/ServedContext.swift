/// The context that a worker makes for a model: how many cells, sequences and tokens, after all defaults.
///
/// Source: `WorkerEngine` and `LlamaEmbeddings` of this project, `llama_context::llama_context` and `llama_kv_cache_iswa`.
struct ServedContext {
    /// Tokens of one sequence at most.
    let sequenceTokens: UInt64
    /// Cells of the key-value cache, in llama.cpp's steps.
    let cells: UInt64
    /// Cells of layers with a window.
    let windowCells: UInt64
    /// Cells that a step attends to at most: those of the cache, or fewer that were in use so far.
    private(set) var attendedCells: UInt64
    private(set) var attendedWindowCells: UInt64
    /// Sequences that llama.cpp is told of.
    let sequences: UInt64
    /// Tokens that are computed together.
    private(set) var microBatch: UInt64
    let usesFlashAttention: Bool
    /// Whether the model keeps anything of a text at all.
    let hasMemory: Bool
    /// Bytes of the logits and vectors that llama.cpp hands out; cleared when it takes them, so all of them are resident.
    private(set) var outputBytes: UInt64
    /// Tokens whose logits and vectors there is room for.
    private(set) var outputRows: UInt64
    let keyType: KVCacheType
    let valueType: KVCacheType

    /// llama.cpp makes contexts in steps of so many cells.
    private static let cellStep: UInt64 = 256
    /// Sequences at most: running ones and those of the prefix cache.
    private static let sequencesMax: UInt64 = 256
    /// Tokens of a text to embed, where nothing says more.
    private static let embeddingTokensDefault: UInt64 = 8_192
    /// Texts of one batch to embed.
    private static let embeddingSequences: UInt64 = 64
    /// Attention matrices up to this size are computed whole by a worker for embeddings.
    private static let attentionBytesMax: UInt64 = 512 << 20

    /// - Parameters:
    ///   - shape: the model.
    ///   - request: how it is served.
    ///   - sequences: sequences of a draft's context, which has no prefix cache of its own.
    init(_ shape: ModelShape, _ request: MemoryRequest, sequences: UInt64? = nil) {
        let trained = shape.trainedContext > 0 ? shape.trainedContext : .max
        let asked = request.cells.map { min(max($0, 1), UInt64(Int32.max)) }
        let wanted = request.sequenceTokens ?? asked
        let most = min(wanted ?? trained, trained, asked ?? .max)
        let heads = shape.layers.map(\.headCount).max() ?? 0
        hasMemory = shape.layers.contains { $0.recall != .nothing }
        if request.use == .text {
            sequenceTokens = min(most, UInt64(Int32.max))
            let shared = asked ?? sequenceTokens.multipliedOrMax(by: request.parallel)
            cells = Self.padded(shared)
            let cutsAnywhere =
                !shape.hasUncuttableMemory || request.keepsWholeWindow && shape.slidingWindow > 0
            self.sequences =
                sequences
                ?? (cutsAnywhere ? min(Self.sequencesMax, max(request.parallel + 1, shared)) : request.parallel)
            microBatch = min(request.batchTokens, request.microBatchTokens, cells)
            usesFlashAttention = request.flashAttention != .off
            keyType = request.keyType
            valueType = request.valueType
            outputRows = self.sequences
            outputBytes = self.sequences.multipliedOrMax(by: shape.vocabularySize * 4)
        } else {
            sequenceTokens = min(most, request.sequenceTokens ?? asked ?? Self.embeddingTokensDefault)
            let shared = max(sequenceTokens, request.batchTokens, Self.embeddingSequences)
            let keepsWhole = !shape.writesText || request.use == .reranking
            cells = Self.padded(shared)
            self.sequences = Self.embeddingSequences
            microBatch = keepsWhole ? shared : min(shared, request.microBatchTokens)
            let matrix = [microBatch, shared, heads, 4].reduce(UInt64(1)) { $0.multipliedOrMax(by: $1) }
            usesFlashAttention =
                request.flashAttention == .on || request.flashAttention == .auto && matrix > Self.attentionBytesMax
            keyType = .f16
            valueType = .f16
            // Every token of a batch is an output, and llama.cpp keeps room for logits beside the vectors.
            outputRows = max(Self.embeddingSequences, microBatch)
            outputBytes = outputRows * (shape.vocabularySize + shape.embeddingWidth) * 4
        }
        let window = shape.slidingWindow * self.sequences + microBatch
        windowCells = request.keepsWholeWindow ? cells : min(cells, Self.padded(min(cells, window)))
        attendedCells = cells
        attendedWindowCells = windowCells
    }

    /// The same context as far as a worker has come: steps no wider, and no more cells in use.
    func after(_ report: EngineMemoryReport, _ request: MemoryRequest) -> ServedContext {
        var context = self
        context.attendedCells = min(cells, Self.padded(report.cellsUsedMax))
        context.attendedWindowCells = min(windowCells, context.attendedCells)
        context.microBatch = min(microBatch, report.stepTokensMax)
        if request.use != .text, outputRows > 0 {
            context.outputRows = min(outputRows, max(Self.embeddingSequences, context.microBatch))
            context.outputBytes = outputBytes / outputRows * context.outputRows
        }
        return context
    }

    private static func padded(_ count: UInt64) -> UInt64 {
        let (sum, overflow) = count.addingReportingOverflow(cellStep - 1)
        return overflow ? .max / cellStep * cellStep : max(cellStep, sum / cellStep * cellStep)
    }

    /// Bytes of a layer's keys and values.
    func cacheBytes(_ layer: ModelShape.Layer) -> UInt64 {
        let rows: UInt64 =
            switch layer.recall {
            case .nothing, .state: 0
            case .all, .allAndState: cells
            case .window: windowCells
            }
        let row = keyType.bytes(ofRow: layer.keyWidth) + valueType.bytes(ofRow: layer.valueWidth)
        return rows.multipliedOrMax(by: row)
    }

    /// Bytes of a layer's states; always 32-bit numbers.
    func stateBytes(_ layer: ModelShape.Layer) -> UInt64 {
        switch layer.recall {
        case .state(let numbers), .allAndState(let numbers): numbers.multipliedOrMax(by: sequences * 4)
        case .nothing, .all, .window: 0
        }
    }
}
