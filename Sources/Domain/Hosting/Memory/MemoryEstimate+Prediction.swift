extension MemoryEstimate {
    /// Predicts what serving a model takes.
    ///
    /// The roadmap's formula (`parameters × bits / 8 × 1.1 + context × batch × 2 × head size × layers × 2`) is wrong in these ways:
    /// - Keys and values have `head_count_kv` heads in each layer; it has none, and so is too small by that factor (8 in Llama 3).
    /// - A number of the cache has the bytes of its type, keys and values apart (34 / 32 for q8_0, 18 / 32 for q4_0), not always 2.
    /// - The cache does not grow with the batch: sequences share its cells. What grows with the batch are the numbers of a step.
    /// - Layers with a window keep the window, recurrent layers a state; some layers share a cache.
    /// - Weights are the bytes of the file's tensors: a mixed quantisation has no number of bits, and the tenth on top stands for
    ///   nothing. Orders for the processor's kernels come on top of that.
    /// - Missing: the numbers of a step, the logits that llama.cpp hands out (vocabulary times sequences: 125 MiB for
    ///   128,256 tokens and 256 sequences), the attention matrix without flash attention, tables of the vocabulary, the process, the
    ///   prefix cache's tier, projector, draft and adapters.
    ///
    /// Source: `llama_context::output_reserve`, `sched_reserve`, `llama_kv_cache`, `llama_memory_recurrent` and `ggml_gallocr` of
    /// llama.cpp; the constants were measured, see `Measured`. What llama.cpp reserves for a step in ordinary memory is more than
    /// what is counted here: it has room for the logits of every token, whose pages are never touched.
    ///
    /// - Parameters:
    ///   - shape: the model.
    ///   - request: how it is to be served.
    ///   - report: what a worker has done so far; then this is what it should take by now. `nil` is the peak.
    public init(of shape: ModelShape, served request: MemoryRequest, after report: EngineMemoryReport? = nil) {
        let whole = ServedContext(shape, request)
        let context = report.map { whole.after($0, request) } ?? whole
        let placement = LayerPlacement(shape, request, whole)
        var parts = Self.weights(shape, request, placement)
        parts += Self.memory(shape, context, placement)
        parts += Self.step(shape, request, context, placement)
        parts += Self.worker(shape, request, report)
        parts += Self.companions(request, context, report)
        self.init(
            parts: parts.filter { $0.bytes > 0 }, cells: context.hasMemory ? context.cells : 0,
            sequenceTokens: context.sequenceTokens, layersOnDevices: placement.layersOnDevices,
            isTierAsked: request.prefixCacheBytes != nil,
            notes: Self.notes(shape, request, context, placement))
    }

    /// What was measured on x86-64 Linux with the release build of `nexus-engine`; `MemoryCorrection` learns the rest.
    enum Measured {
        /// Pages of the program and its libraries. All workers share them.
        static let programBytes: UInt64 = 36_700_000
        /// Heap, threads and buffers of a worker that has answered some requests.
        static let heapBytes: UInt64 = 8_600_000
        /// Of each text of the vocabulary: `std::string`, its place in two hash tables, and the token's attributes.
        static let textBytes: UInt64 = 215
        /// A copy of a piece of text beyond what fits into a `std::string`.
        static let shortTextBytes: UInt64 = 15
    }

    private static func weights(
        _ shape: ModelShape, _ request: MemoryRequest, _ placement: LayerPlacement
    ) -> [Part] {
        let reason = MemoryReasons.weights(shape, placement)
        var parts = placement.weightBytes.devices.sorted { $0.key < $1.key }.map {
            Part(.weights, on: $0.key, bytes: $0.value, because: reason)
        }
        let all = shape.weightBytes
        let host = placement.weightBytes.host
        switch request.loading {
        case .mapped, .locked:
            // The whole file is mapped and read, its header too.
            let mapped = placement.layersOnDevices == 0 ? max(host, shape.fileBytes) : host
            parts.append(
                Part(
                    .weights, bytes: mapped, request.loading == .mapped ? .mapped : .resident,
                    because: "the file is mapped, header and all: " + reason))
            if request.repacks, all > 0 {
                let part = Double(host) / Double(all)
                parts.append(
                    Part(
                        .repackedWeights, bytes: UInt64(Double(shape.repackableBytes) * min(1, part)),
                        because: "matrices of 4-bit types, copied into the order of this processor's kernels"))
            }
        case .read: parts.append(Part(.weights, bytes: host, because: "read into memory: " + reason))
        }
        return parts
    }

    private static func memory(
        _ shape: ModelShape, _ context: ServedContext, _ placement: LayerPlacement
    ) -> [Part] {
        var caches: [String?: UInt64] = [:]
        var states: [String?: UInt64] = [:]
        for (index, layer) in shape.layers.enumerated() {
            let device = placement.cacheDevice(of: index)
            caches[device] = (caches[device] ?? 0).addedOrMax(context.cacheBytes(layer))
            states[device] = (states[device] ?? 0).addedOrMax(context.stateBytes(layer))
        }
        return inOrder(caches).map { Part(.kvCache, on: $0, bytes: $1, because: MemoryReasons.cache(shape, context)) }
            + inOrder(states).map {
                Part(.recurrentState, on: $0, bytes: $1, because: MemoryReasons.states(shape, context))
            }
    }

    private static func inOrder(_ bytes: [String?: UInt64]) -> [(String?, UInt64)] {
        bytes.sorted { ($0.key ?? "") < ($1.key ?? "") }.map { ($0.key, $0.value) }
    }

    private static func step(
        _ shape: ModelShape, _ request: MemoryRequest, _ context: ServedContext, _ placement: LayerPlacement
    ) -> [Part] {
        let numbers = StepNumbers(shape, request, context)
        var parts = [
            Part(
                .output, bytes: context.outputBytes, request.use == .text ? .resident : .onDemand,
                because: MemoryReasons.output(shape, request, context))
        ]
        if placement.layersOnDevices <= shape.layers.count {
            parts.append(
                Part(
                    .compute, bytes: numbers.touchedBytes, .onDemand,
                    because: MemoryReasons.step(numbers, context)))
        }
        // A device's buffer is taken whole when the context is made.
        for device in placement.devices where placement.weightBytes.devices[device] ?? 0 > 0 {
            let logits = device == placement.outputDevice ? numbers.logitBytes : 0
            parts.append(
                Part(
                    .compute, on: device, bytes: numbers.reservedBytes.addedOrMax(logits),
                    because: MemoryReasons.step(numbers, context) + "; a device's buffer is taken whole"))
        }
        return parts
    }

    private static func worker(
        _ shape: ModelShape, _ request: MemoryRequest, _ report: EngineMemoryReport?
    ) -> [Part] {
        var parts = [
            Part(
                .process, bytes: Measured.programBytes, .mapped,
                because: "the program and its libraries; all workers share these pages"),
            Part(.process, bytes: Measured.heapBytes, because: "heap, threads and buffers, measured"),
            Part(
                .vocabulary,
                bytes: shape.vocabularyTextCount * Measured.textBytes
                    + shape.vocabularyBytes.saturatingLess(shape.vocabularyTextCount * Measured.shortTextBytes),
                because:
                    "\(shape.vocabularyTextCount) texts of tokens and merges × \(Measured.textBytes) bytes, measured, "
                    + "and their letters"),
        ]
        guard request.use == .text else { return parts }
        let tier = report?.prefixBytes ?? request.prefixCacheBytes ?? min(8 << 30, request.machineBytes / 8)
        parts.append(
            Part(
                .prefixCache, bytes: tier, .onDemand,
                because: request.prefixCacheBytes == nil
                    ? "--cache-ram was not said: an eighth of the machine's memory, at most 8 GiB"
                    : "as --cache-ram says"))
        return parts
    }

    private static func companions(
        _ request: MemoryRequest, _ context: ServedContext, _ report: EngineMemoryReport?
    ) -> [Part] {
        var parts: [Part] = []
        if let projector = request.projector {
            parts.append(
                Part(.projector, bytes: projector.weightBytes, because: "the tensors of the projector's file"))
            parts.append(
                Part(
                    .projector, bytes: StepNumbers.ofProjector(projector, request), .onDemand,
                    because: "one image of \(projector.projection?.patches ?? 0) patches on its way"))
        }
        if let draft = request.draft {
            var own = request
            own.cells = draft.cells ?? context.cells
            own.keyType = draft.keyType
            own.valueType = draft.valueType
            let alone = ServedContext(draft.shape, own, sequences: request.parallel)
            let beside = report.map { alone.after($0, own) } ?? alone
            let cache = draft.shape.layers.reduce(UInt64(0)) { $0.addedOrMax(beside.cacheBytes($1)) }
            let numbers = StepNumbers(draft.shape, own, beside)
            parts.append(
                Part(
                    .draft, bytes: draft.shape.fileBytes, request.loading == .mapped ? .mapped : .resident,
                    because: "the draft's file"))
            parts.append(
                Part(
                    .draft, bytes: cache.addedOrMax(beside.outputBytes),
                    because: "its cache: " + MemoryReasons.cache(draft.shape, beside) + "; and its logits"))
            parts.append(
                Part(.draft, bytes: numbers.touchedBytes, .onDemand, because: MemoryReasons.step(numbers, beside)))
        }
        parts.append(
            Part(
                .adapters, bytes: request.adapterBytes.reduce(UInt64(0)) { $0.addedOrMax($1) },
                because: "the tensors of \(request.adapterBytes.count) LoRA adapters"))
        return parts
    }

    private static func notes(
        _ shape: ModelShape, _ request: MemoryRequest, _ context: ServedContext, _ placement: LayerPlacement
    ) -> [String] {
        var notes: [String] = []
        if request.use == .text, request.prefixCacheBytes == nil {
            notes.append(
                "The prefix cache may grow to the engine's default in ordinary memory; --cache-ram sets another bound.")
        }
        if shape.trainedContext > 0, request.sequenceTokens ?? 0 > shape.trainedContext {
            notes.append("A sequence is limited to the \(shape.trainedContext) tokens that the model was trained for.")
        }
        if request.valueType.isQuantized, request.flashAttention == .off {
            notes.append("Values of type \(request.valueType.rawValue) need flash attention.")
        }
        if case .count(let count) = request.gpuLayers, count > 0, request.devices.isEmpty {
            notes.append("There is no device for the \(count) layers; they stay in ordinary memory.")
        }
        if request.projector != nil {
            notes.append(
                "What a projector computes with was not measured for every family; it depends on the image's size.")
        }
        return notes
    }
}
