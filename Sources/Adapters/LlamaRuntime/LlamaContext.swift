import CLlama
import CLlamaShim

/// One key-value cache and the threads that compute on it. Not `Sendable`: confined to the thread that made it.
@safe
public final class LlamaContext {
    public struct Options: Sendable {
        /// Cells of the key-value cache, shared by all sequences.
        public var cells: Int
        /// Sequences that live at once.
        public var sequencesMax: Int
        /// Tokens in one batch at most.
        public var batchTokensMax: Int
        public var threads: Int
        /// Threads for batches of more than one token of a sequence.
        public var batchThreads: Int?
        /// Tokens that are computed together at most; a larger batch is cut.
        public var microBatchTokensMax = 512
        /// Keep all of a sliding window's past, so that ranges of positions can be shared and forgotten.
        public var keepsWholeWindow = false
        public var flashAttention = FlashAttention.auto
        /// Whether a GPU that has the layers may hold their key-value cache, too.
        public var offloadsCache = true
        /// Whether batches can be watched with `decodeObserving`. Only without flash attention.
        public var observesAttention = false
        /// Types of the key-value cache.
        public var keyType = CacheType.f16
        public var valueType = CacheType.f16
        /// What every layer's output is moved by.
        public var controlVector: ControlVector?
        /// How positions are turned, where the model's own way is not wanted.
        public var positions = PositionScaling()
        /// Whether operations on weights in ordinary memory may be computed on a GPU.
        public var offloadsOperations = true
        /// Where threads run, and how urgently; `nil` leaves it to the system.
        public var places: ThreadPlaces?
        /// The same for batches; `nil` is as `places`.
        public var batchPlaces: ThreadPlaces?

        public init(cells: Int, sequencesMax: Int, batchTokensMax: Int, threads: Int) {
            self.cells = cells
            self.sequencesMax = sequencesMax
            self.batchTokensMax = batchTokensMax
            self.threads = threads
        }
    }

    let handle: OpaquePointer
    private let model: LlamaModel
    private let memory: OpaquePointer
    private var batch: llama_batch
    private let observer: AttentionObserver?
    private let collector: ActivationCollector?
    private let threads: PlacedThreads?
    public let options: Options
    /// Threads that compute a token of each sequence.
    public private(set) var threadsNow: Int

    /// Makes a context.
    ///
    /// - Parameters:
    ///   - model: stays in memory as long as the context does.
    ///   - options: how it computes.
    ///   - collector: sees what weights are multiplied with; not together with `observesAttention`.
    /// - Throws: `context`, `controlVector`, `workerLost`.
    public init(model: LlamaModel, options: Options, collector: ActivationCollector? = nil) throws(LlamaError) {
        var parameters = unsafe llama_context_default_params()
        unsafe parameters.n_ctx = UInt32(options.cells)
        // With fewer than sequences llama.cpp ends the process.
        unsafe parameters.n_batch = UInt32(max(options.batchTokensMax, options.sequencesMax))
        unsafe parameters.n_ubatch = UInt32(min(options.batchTokensMax, options.microBatchTokensMax))
        unsafe parameters.n_seq_max = UInt32(options.sequencesMax)
        unsafe parameters.n_threads = Int32(options.threads)
        unsafe parameters.n_threads_batch = Int32(options.batchThreads ?? options.threads)
        unsafe parameters.kv_unified = true
        unsafe parameters.swa_full = options.keepsWholeWindow
        unsafe parameters.flash_attn_type = options.flashAttention.value
        unsafe parameters.offload_kqv = options.offloadsCache
        unsafe parameters.type_k = options.keyType.value
        unsafe parameters.type_v = options.valueType.value
        unsafe parameters.no_perf = true
        observer = options.observesAttention ? AttentionObserver() : nil
        unsafe observer?.attach(to: &parameters)
        self.collector = collector
        unsafe collector?.attach(to: &parameters)
        unsafe parameters.op_offload = options.offloadsOperations
        unsafe options.positions.apply(to: &parameters)
        let error = ErrorText()
        let attempt = unsafe nexus_llama_make_context(model.handle, parameters, error.pointer, ErrorText.size)
        guard let made = unsafe attempt else {
            try model.servers?.check()
            throw LlamaError(
                code: .context,
                message: error.text(or: "llama.cpp could not make a context of \(options.cells) tokens"))
        }
        guard let memory = unsafe llama_get_memory(made) else {
            unsafe llama_free(made)
            throw LlamaError(code: .context, message: "the model keeps no key-value cache")
        }
        do throws(LlamaError) {
            try unsafe options.controlVector?.apply(to: made)
        } catch {
            unsafe llama_free(made)
            throw error
        }
        unsafe self.handle = made
        self.model = model
        unsafe self.memory = memory
        unsafe self.batch = llama_batch_init(Int32(options.batchTokensMax), 0, 1)
        self.options = options
        threadsNow = options.threads
        threads = PlacedThreads(options)
        unsafe threads?.attach(to: made)
        try model.servers?.check()
    }

    deinit {
        unsafe llama_batch_free(batch)
        unsafe llama_free(handle)
    }

    /// Empties the batch that the next `decode()` computes.
    public func clearBatch() { unsafe batch.n_tokens = 0 }

    /// Adds a token to the batch.
    ///
    /// - Parameters:
    ///   - token: an id of the vocabulary.
    ///   - position: the token's place in its sequence, from 0.
    ///   - sequence: `0 ..< sequencesMax`.
    ///   - wantsLogits: whether `sample` will be asked for this row.
    /// - Returns: the token's row in the batch.
    public func append(token: Int32, position: Int32, sequence: Int32, wantsLogits: Bool) -> Int32 {
        let row = unsafe batch.n_tokens
        precondition(row < options.batchTokensMax, "the caller keeps to batchTokensMax")
        precondition(sequence >= 0 && sequence < options.sequencesMax, "the caller keeps to sequencesMax")
        let index = Int(row)
        unsafe batch.token[index] = token
        unsafe batch.pos[index] = position
        unsafe batch.n_seq_id[index] = 1
        unsafe batch.seq_id[index]?[0] = sequence
        unsafe batch.logits[index] = wantsLogits ? 1 : 0
        unsafe batch.n_tokens = row + 1
        return row
    }

    /// Computes the batch.
    public func decode() throws(LlamaError) {
        let error = ErrorText()
        let status = unsafe nexus_llama_decode(handle, batch, error.pointer, ErrorText.size)
        try model.servers?.check()
        switch status {
        case 0: return
        case 1: throw LlamaError(code: .cacheFull, message: "no room in the key-value cache for this batch")
        default:
            throw LlamaError(code: .decode, message: error.text(or: "llama_decode failed with status \(status)"))
        }
    }

    /// Computes a batch of one sequence's tokens, and tells where they looked. Only with `Options.observesAttention`.
    ///
    /// - Returns: the attention of all rows, heads and layers to each cell, and whether the last row could see it; empty when
    ///   it could not be observed.
    public func decodeObserving() throws(LlamaError) -> (weights: [Float], visible: [Bool]) {
        guard let observer else { throw LlamaError(code: .decode, message: "the context was not made to be observed") }
        let cells = Int(unsafe llama_n_ctx(handle))
        return try observer.watch(cells: cells) { () throws(LlamaError) in try decode() }
    }

    /// The positions that a sequence holds, in the order of their cells. Copies its state: for models without a sliding window
    /// or a recurrent state.
    public func positions(ofSequence sequence: Int32) throws(LlamaError) -> [Int] {
        guard let positions = StatePositions.read(try state(ofSequence: sequence)) else {
            throw LlamaError(code: .state, message: "the positions of sequence \(sequence) cannot be read")
        }
        return positions
    }

    /// Gives the logits of a row of the last batch: `vocabularyCount` floats, valid until the next `decode`.
    ///
    /// - Parameters:
    ///   - row: what `append` gave, with `wantsLogits`.
    ///   - body: reads the logits.
    /// - Returns: what `body` gives.
    /// - Throws: `logits` when the row has none, and what `body` throws.
    public func withLogits<Result>(row: Int32, _ body: (UnsafeBufferPointer<Float>) throws -> Result) throws -> Result {
        guard let logits = unsafe nexus_llama_logits(handle, row) else {
            throw LlamaError(code: .logits, message: "row \(row) of the batch has no logits")
        }
        // The numbers arrive only now.
        try model.servers?.check()
        return try unsafe body(UnsafeBufferPointer(start: logits, count: model.vocabularyCount))
    }

    /// The largest of each 64 logits of a row of the last batch, valid as long as the logits: whoever computes them, knows.
    /// NaN where one of them is; fewer than 64 at the end have none.
    ///
    /// - Parameter row: what `append` gave, with `wantsLogits`.
    /// - Returns: `nil` where they were not found: on other devices, with other kernels, or for few logits.
    public func logitMaxima(row: Int32) -> UnsafeBufferPointer<Float>? {
        guard let maxima = unsafe nexus_llama_logits_maxima(handle, row) else { return nil }
        return unsafe UnsafeBufferPointer(start: maxima, count: model.vocabularyCount / 64)
    }

    /// Computes later batches on so many threads, at least one. With all of `options.threads`, batches of several tokens of
    /// a sequence have `options.batchThreads` again.
    public func setThreads(_ count: Int) {
        threadsNow = count
        let forBatches = count == options.threads ? options.batchThreads ?? count : count
        unsafe llama_set_n_threads(handle, Int32(count), Int32(forBatches))
    }

    /// Does other work on the threads that compute batches, which are awake just after one.
    ///
    /// - Parameters:
    ///   - count: how often `work` is called.
    ///   - work: is given an index below `count`, each once and in no order, and which of `threadsNow` calls it. It is called
    ///     by several threads at once.
    public func each(_ count: Int, _ work: (_ index: Int, _ thread: Int) -> Void) {
        // The closure lives until the call returns, and that is when the last thread has left it.
        withoutActuallyEscaping(work) { work in
            var work = work
            unsafe withUnsafeMutablePointer(to: &work) { pointer in
                unsafe nexus_llama_each(
                    Int32(count), Int32(threadsNow),
                    { data, index, thread in
                        guard let data = unsafe data else { return }
                        let work = unsafe data.assumingMemoryBound(to: ((Int, Int) -> Void).self)
                        unsafe work.pointee(Int(index), Int(thread))
                    }, pointer)
            }
        }
    }

    /// Frees what a sequence holds in the key-value cache.
    public func removeSequence(_ sequence: Int32) { _ = unsafe llama_memory_seq_rm(memory, sequence, -1, -1) }

    /// Frees a range of positions of a sequence.
    ///
    /// - Returns: `false` when this model's memory can only forget whole sequences.
    @discardableResult
    public func removeSequence(_ sequence: Int32, range: Range<Int32>) -> Bool {
        unsafe llama_memory_seq_rm(memory, sequence, range.lowerBound, range.upperBound)
    }

    /// Lets `target` hold the cells that `source` has for a range of positions, without copying them.
    public func shareSequence(_ source: Int32, with target: Int32, range: Range<Int32>) {
        unsafe llama_memory_seq_cp(memory, source, target, range.lowerBound, range.upperBound)
    }

    /// Whether positions of a sequence can be moved.
    public var canShift: Bool { unsafe llama_memory_can_shift(memory) }

    /// Moves positions of a sequence, with the cells that it has for them; whoever shares them is moved, too. Only where
    /// `canShift`. llama.cpp turns the keys when the next batch is computed.
    ///
    /// - Parameters:
    ///   - sequence: `0 ..< sequencesMax`.
    ///   - start: the first position that is moved.
    ///   - offset: how far.
    public func shiftSequence(_ sequence: Int32, from start: Int32, by offset: Int32) {
        unsafe llama_memory_seq_add(memory, sequence, start, -1, offset)
    }

    /// Bytes of what a sequence holds.
    public func stateBytes(ofSequence sequence: Int32) -> Int { unsafe nexus_llama_state_size(handle, sequence) }

    /// A copy of everything that a sequence holds.
    public func state(ofSequence sequence: Int32) throws(LlamaError) -> [UInt8] {
        let size = unsafe nexus_llama_state_size(handle, sequence)
        guard size > 0 else { throw LlamaError(code: .state, message: "sequence \(sequence) has no state") }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            unsafe count = nexus_llama_state_get(handle, sequence, buffer.baseAddress, size)
        }
        guard bytes.count == size else {
            throw LlamaError(code: .state, message: "the state of sequence \(sequence) could not be copied")
        }
        try model.servers?.check()
        return bytes
    }

    /// Gives a sequence a state that `state(ofSequence:)` gave; what it holds is forgotten.
    ///
    /// - Returns: `false` when there is no room, or when the state is not of this model.
    public func restore(_ state: [UInt8], toSequence sequence: Int32) -> Bool {
        unsafe state.withUnsafeBufferPointer { buffer in
            unsafe nexus_llama_state_set(handle, sequence, buffer.baseAddress, buffer.count) == buffer.count
                && model.servers?.lost == nil
        }
    }

    /// Positions that a sequence holds: 0 when it is empty.
    public func tokenCount(ofSequence sequence: Int32) -> Int {
        Int(unsafe llama_memory_seq_pos_max(memory, sequence)) + 1
    }
}
