import CLlama
import CLlamaShim

/// A context that turns sequences of tokens into vectors, and forgets them. Not `Sendable`: confined to the thread that
/// made it.
///
/// A sequence gets the same vectors whatever shares the batch with it. Where every token sees the whole sequence (encoders)
/// or a head judges it, llama.cpp pools, and each batch is one micro batch, so that no sequence is ever cut. For causal
/// models llama.cpp gives the vectors of tokens, and `TokenPool` pools them over as many micro batches as there are.
@safe
public final class LlamaEmbeddings {
    public struct Options: Sendable {
        /// `nil` takes what the model's file says.
        public var pooling: VectorPooling?
        /// Tokens of one sequence at most.
        public var sequenceTokensMax: Int
        /// Tokens of one call of `vectors(of:)`, raised to `sequenceTokensMax`.
        public var batchTokensMax: Int
        /// Tokens that are computed together at most, where sequences may be cut.
        public var microBatchTokensMax = 512
        /// Sequences of one call, 1 to 256.
        public var sequencesMax = 64
        public var threads: Int
        /// Attention in tiles depends on what else is in the batch (cosine 0.9997 to the same text alone was seen), so
        /// `.auto` is off, unless attention as a whole matrix would take more than `attentionBytesMax`.
        public var flashAttention = FlashAttention.auto
        /// What every layer's output is moved by.
        public var controlVector: ControlVector?
        /// How positions are turned, where the model's own way is not wanted.
        public var positions = PositionScaling()

        public init(sequenceTokensMax: Int, batchTokensMax: Int, threads: Int) {
            self.sequenceTokensMax = sequenceTokensMax
            self.batchTokensMax = batchTokensMax
            self.threads = threads
        }
    }

    /// Memory for the attention of one layer as a whole matrix of 32-bit numbers: an encoder of 16 heads that reads 2,896
    /// tokens at once.
    static let attentionBytesMax = 512 << 20

    let handle: OpaquePointer
    private let model: LlamaModel
    /// Encoders have none.
    private let memory: OpaquePointer?
    private var batch: llama_batch
    private let microBatchMax: Int
    /// Whether llama.cpp pools; else there is one vector for each token of a batch.
    private let poolsInside: Bool

    /// What the option or the file asked for.
    public let pooling: VectorPooling
    /// Whether a token sees only those before it.
    public let isCausal: Bool
    /// Numbers of a vector; with `rank`, of the head's output.
    public let vectorLength: Int
    /// Tokens and sequences of one call at most.
    public let batchTokensMax: Int
    public let sequencesMax: Int
    public let sequenceTokensMax: Int

    public init(model: LlamaModel, options: Options) throws(LlamaError) {
        let probe = try Self.probe(model, options)
        let cells = max(options.sequenceTokensMax, options.batchTokensMax, options.sequencesMax)
        let keepsWhole = !probe.isCausal || probe.pooling == .rank
        var parameters = unsafe Self.parameters(
            options, cells: cells, pooling: keepsWhole ? probe.pooling : .unpooled)
        microBatchMax = keepsWhole ? cells : min(cells, options.microBatchTokensMax)
        unsafe parameters.n_ubatch = UInt32(microBatchMax)
        if options.flashAttention == .auto, microBatchMax * cells * model.headCount * 4 <= Self.attentionBytesMax {
            unsafe parameters.flash_attn_type = FlashAttention.off.value
        }
        // With fewer than sequences llama.cpp ends the process.
        unsafe parameters.n_batch = UInt32(max(microBatchMax, options.sequencesMax))
        unsafe handle = try Self.make(model, parameters)
        self.model = model
        pooling = probe.pooling
        isCausal = probe.isCausal
        poolsInside = keepsWhole && probe.pooling != .unpooled
        vectorLength = probe.pooling == .rank ? model.scoreCount : model.vectorLength
        batchTokensMax = cells
        sequenceTokensMax = options.sequenceTokensMax
        unsafe memory = llama_get_memory(handle)
        // llama.cpp always cuts the batches of recurrent models into pieces of equal length.
        sequencesMax = unsafe keepsWhole && memory != nil && !model.memoryIsCells ? 1 : options.sequencesMax
        unsafe batch = llama_batch_init(Int32(microBatchMax), 0, 1)
        try unsafe options.controlVector?.apply(to: handle)
    }

    deinit {
        unsafe llama_batch_free(batch)
        unsafe llama_free(handle)
    }

    /// Computes sequences together.
    ///
    /// - Parameter sequences: ids of the vocabulary, none empty; at most `sequencesMax`, each of at most
    ///   `sequenceTokensMax` tokens, `batchTokensMax` together.
    /// - Returns: for each sequence one vector, or one for each of its tokens when nothing is pooled.
    /// - Throws: `embedding` when a bound is not kept or there is no vector; `decode` when the model fails.
    public func vectors(of sequences: [[Int32]]) throws(LlamaError) -> [[[Float]]] {
        try check(sequences)
        forget()
        defer { forget() }
        var pools = sequences.map { TokenPool(pooling, tokenCount: $0.count) }
        var rows: [Int] = []
        unsafe batch.n_tokens = 0
        for (index, sequence) in sequences.enumerated() {
            for (position, token) in sequence.enumerated() {
                if rows.count == microBatchMax { try computeRows(&rows, &pools) }
                append(token, position: position, sequence: index)
                rows.append(index)
            }
        }
        guard poolsInside else {
            try computeRows(&rows, &pools)
            return pools.map(\.vectors)
        }
        try compute()
        var vectors: [[[Float]]] = []
        for index in sequences.indices { vectors.append([try pooled(Int32(index))]) }
        return vectors
    }

    /// Computes what is in the batch, gives each row to the pool of its sequence, and empties the batch.
    private func computeRows(_ rows: inout [Int], _ pools: inout [TokenPool]) throws(LlamaError) {
        try compute()
        for (row, sequence) in rows.enumerated() {
            guard let vector = unsafe nexus_llama_token_vector(handle, Int32(row)) else {
                throw LlamaError(code: .embedding, message: "row \(row) of the batch has no vector")
            }
            unsafe pools[sequence].add(UnsafeBufferPointer(start: vector, count: vectorLength))
        }
        // The numbers arrive only now.
        try model.servers?.check()
        rows.removeAll(keepingCapacity: true)
        unsafe batch.n_tokens = 0
    }

    private func compute() throws(LlamaError) {
        let error = ErrorText()
        let usesEncoder = unsafe memory == nil || model.isEncoder
        let status =
            unsafe usesEncoder
            ? nexus_llama_encode(handle, batch, error.pointer, ErrorText.size)
            : nexus_llama_decode(handle, batch, error.pointer, ErrorText.size)
        try model.servers?.check()
        guard status == 0 else {
            throw LlamaError(code: .decode, message: error.text(or: "llama.cpp failed with status \(status)"))
        }
    }

    private func pooled(_ sequence: Int32) throws(LlamaError) -> [Float] {
        guard let vector = unsafe nexus_llama_sequence_vector(handle, sequence) else {
            throw LlamaError(code: .embedding, message: "sequence \(sequence) of the batch has no vector")
        }
        try model.servers?.check()
        return unsafe Array(UnsafeBufferPointer(start: vector, count: vectorLength))
    }

    private func append(_ token: Int32, position: Int, sequence: Int) {
        let row = Int(unsafe batch.n_tokens)
        unsafe batch.token[row] = token
        unsafe batch.pos[row] = Int32(position)
        unsafe batch.n_seq_id[row] = 1
        unsafe batch.seq_id[row]?[0] = Int32(sequence)
        unsafe batch.logits[row] = 1
        unsafe batch.n_tokens = Int32(row + 1)
    }

    private func forget() { if let memory = unsafe memory { unsafe llama_memory_clear(memory, true) } }

    private func check(_ sequences: [[Int32]]) throws(LlamaError) {
        let vocabulary = Int32(model.vocabularyCount)
        for sequence in sequences {
            guard !sequence.isEmpty, sequence.count <= sequenceTokensMax else {
                throw LlamaError(
                    code: .embedding,
                    message: "a sequence has \(sequence.count) tokens, and may have 1 to \(sequenceTokensMax)")
            }
            guard sequence.allSatisfy({ (0..<vocabulary).contains($0) }) else {
                throw LlamaError(code: .embedding, message: "a token is not in the vocabulary")
            }
        }
        let count = sequences.reduce(0) { $0 + $1.count }
        guard (1...sequencesMax).contains(sequences.count), count <= batchTokensMax else {
            throw LlamaError(
                code: .embedding,
                message: "\(sequences.count) sequences of \(count) tokens are no batch of at most \(sequencesMax) with "
                    + "\(batchTokensMax)")
        }
    }
}

/// Making a context for vectors.
extension LlamaEmbeddings {
    /// What only a context tells: which pooling the file asks for, and whether tokens see those after them.
    private static func probe(
        _ model: LlamaModel, _ options: Options
    ) throws(LlamaError) -> (pooling: VectorPooling, isCausal: Bool) {
        let context = try unsafe make(model, parameters(options, cells: options.sequencesMax, pooling: options.pooling))
        defer { unsafe llama_free(context) }
        return unsafe (VectorPooling(llama_pooling_type(context)), llama_get_causal_attn(context))
    }

    private static func parameters(
        _ options: Options, cells: Int, pooling: VectorPooling?
    ) -> llama_context_params {
        var parameters = unsafe llama_context_default_params()
        unsafe parameters.n_ctx = UInt32(cells)
        unsafe parameters.n_batch = UInt32(cells)
        unsafe parameters.n_ubatch = UInt32(cells)
        unsafe parameters.n_seq_max = UInt32(options.sequencesMax)
        unsafe parameters.n_threads = Int32(options.threads)
        unsafe parameters.n_threads_batch = Int32(options.threads)
        unsafe parameters.embeddings = true
        unsafe parameters.pooling_type = pooling?.value ?? LLAMA_POOLING_TYPE_UNSPECIFIED
        // One pool of cells: llama.cpp cuts batches of several pools into pieces of equal length.
        unsafe parameters.kv_unified = true
        unsafe parameters.flash_attn_type = options.flashAttention.value
        // It lives for one batch only, so its size matters less than its exactness.
        unsafe parameters.type_k = GGML_TYPE_F32
        unsafe parameters.type_v = GGML_TYPE_F32
        unsafe parameters.no_perf = true
        unsafe options.positions.apply(to: &parameters)
        return unsafe parameters
    }

    private static func make(
        _ model: LlamaModel, _ parameters: llama_context_params
    ) throws(LlamaError) -> OpaquePointer {
        let error = ErrorText()
        guard let made = unsafe nexus_llama_make_context(model.handle, parameters, error.pointer, ErrorText.size)
        else {
            throw unsafe LlamaError(
                code: .context,
                message: error.text(or: "llama.cpp could not make a context of \(parameters.n_ctx) tokens"))
        }
        return unsafe made
    }
}
