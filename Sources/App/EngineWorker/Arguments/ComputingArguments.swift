import Configuration
import LlamaRuntime

/// Where and in which precision the model is computed.
struct ComputingArguments: Sendable, Equatable {
    enum GPULayers: Sendable, Equatable { case auto, all, count(Int) }
    /// How tokens' vectors become one vector of a text.
    enum Pooling: String, Sendable, CaseIterable { case none, mean, cls, last, rank }
    /// What the model is for.
    enum Use: Sendable, Equatable { case text, embeddings, reranking }
    /// How the file comes into memory, by llama-server's names.
    enum LoadMode: String, Sendable, CaseIterable {
        case auto, none, mmap, mlock
        case mappedAndLocked = "mmap+mlock"
        case direct = "dio"
    }

    var gpuLayers: GPULayers
    var flashAttention: FlashAttention
    var keyType: CacheType
    var valueType: CacheType
    var loadMode: LoadMode
    /// Whether a GPU may hold the key-value cache.
    var offloadsCache: Bool
    /// Whether models with a sliding window keep the whole context.
    var hasFullWindow: Bool
    var use: Use
    /// `nil` takes what the model says.
    var pooling: Pooling?
    /// -1 none, 0 by the largest number, 1 taxicab, 2 Euclidean, more: that norm.
    var embeddingNorm: Int

    init(_ parsed: ParsedCommand) {
        gpuLayers = parsed[EngineOption.gpuLayers] ?? .auto
        flashAttention = parsed[EngineOption.flashAttention] ?? .auto
        keyType = parsed[EngineOption.keyType] ?? .f16
        valueType = parsed[EngineOption.valueType] ?? .f16
        loadMode = Self.loadMode(parsed)
        offloadsCache = parsed.given(EngineOption.offloadsCache) ?? true
        hasFullWindow = parsed[EngineOption.fullWindow]
        let isReranker = parsed[EngineOption.reranking] || parsed[EngineOption.pooling] == .rank
        use = isReranker ? .reranking : parsed[EngineOption.embeddings] ? .embeddings : .text
        pooling = parsed[EngineOption.pooling] ?? (parsed[EngineOption.reranking] ? .rank : nil)
        embeddingNorm = parsed[EngineOption.embeddingNorm] ?? 2
    }

    /// - Throws: `UsageError` for what no model can be computed with.
    func checkCacheTypes() throws(UsageError) {
        guard flashAttention == .off, valueType.isQuantized else { return }
        let allowed = CacheType.allCases.filter { !$0.isQuantized }.map(\.rawValue).joined(separator: ", ")
        throw UsageError(
            problem: "--cache-type-v \(valueType.rawValue) needs flash attention, which --flash-attn off forbids.",
            hint: "Leave --flash-attn out, or take one of \(allowed).")
    }

    /// `--load-mode`, or what the older `--mlock` and `--no-mmap` mean.
    private static func loadMode(_ parsed: ParsedCommand) -> LoadMode {
        if let mode = parsed[EngineOption.loadMode] { return mode }
        if parsed[EngineOption.directIO] { return .direct }
        switch (parsed.given(EngineOption.mapped), parsed[EngineOption.locked]) {
        case (nil, false): return .auto
        case (false, false): return .none
        case (true, false): return .mmap
        case (false, true): return .mlock
        case (_, true): return .mappedAndLocked
        }
    }
}

extension EngineOption {
    static let cells = CommandOption<Int>(
        "ctx-size", also: ["-c"], variable: "LLAMA_ARG_CTX_SIZE", .tokens(least: 8, zero: "the model's"),
        "Tokens of context that all sequences share (default: --parallel times --ctx-seq).")
    static let sequenceTokens = CommandOption<Int>(
        "ctx-seq", also: ["--kv-unified-per-slot"], variable: "LLAMA_ARG_KV_UNIFIED_PER_SLOT",
        .tokens(least: 8, zero: "the model's"),
        "Tokens of one sequence at most (default: --ctx-size, or what the model was trained for).")
    static let sharesCells = CommandOption<Bool>(
        "kv-unified", also: ["-kvu"], negations: ["--no-kv-unified", "-no-kvu"], variable: "LLAMA_ARG_KV_UNIFIED",
        .flag, "Whether one sequence may use all of --ctx-size (default: unless --parallel is given).")
    static let parallel = CommandOption<Int>(
        "parallel", also: ["-np"], variable: "LLAMA_ARG_N_PARALLEL", .parallel,
        "Sequences that are written at once; -1 is 4 (default 4).")
    static let batch = CommandOption<Int>(
        "batch-size", also: ["-b"], variable: "LLAMA_ARG_BATCH", .integer(in: 1...65_536),
        "Tokens in one step at most (default 512).")
    static let microBatch = CommandOption<Int>(
        "ubatch-size", also: ["-ub"], variable: "LLAMA_ARG_UBATCH", .integer(in: 1...65_536),
        "Tokens that are computed together at most (default 512).")
    static let threads = CommandOption<Int>(
        "threads", also: ["-t"], variable: "LLAMA_ARG_THREADS", .integer(in: -1...1024),
        "Threads for single tokens (default: by the model's size).")
    static let batchThreads = CommandOption<Int>(
        "threads-batch", also: ["-tb"], .integer(in: -1...1024), "Threads for prompts (default: as --threads).")
    static let gpuLayers = CommandOption<ComputingArguments.GPULayers>(
        "gpu-layers", also: ["-ngl", "--n-gpu-layers"], variable: "LLAMA_ARG_N_GPU_LAYERS", .gpuLayers,
        "Layers to keep on a GPU (default auto).")
    static let flashAttention = CommandOption<FlashAttention>(
        "flash-attn", also: ["-fa"], variable: "LLAMA_ARG_FLASH_ATTN", bareValue: "on", .flashAttention,
        "Whether to use flash attention (default auto).")
    static let keyType = CommandOption<CacheType>(
        "cache-type-k", also: ["-ctk"], variable: "LLAMA_ARG_CACHE_TYPE_K", .choice,
        "Number format of cached keys (default f16).")
    static let valueType = CommandOption<CacheType>(
        "cache-type-v", also: ["-ctv"], variable: "LLAMA_ARG_CACHE_TYPE_V", .choice,
        "Number format of cached values (default f16).")
    static let offloadsCache = CommandOption<Bool>(
        "kv-offload", also: ["-kvo"], negations: ["--no-kv-offload", "-nkvo"], variable: "LLAMA_ARG_KV_OFFLOAD", .flag,
        "Whether a GPU may hold the cache (default: it may).")
    static let loadMode = CommandOption<ComputingArguments.LoadMode>(
        "load-mode", also: ["-lm"], variable: "LLAMA_ARG_LOAD_MODE", .choice, "How the file is loaded (default auto).")
    static let mapped = CommandOption<Bool>(
        "mmap", also: [], negations: ["--no-mmap"], variable: "LLAMA_ARG_MMAP", .flag,
        "Map the file instead of reading it.")
    static let locked = CommandOption<Bool>(
        "mlock", also: [], variable: "LLAMA_ARG_MLOCK", .flag, "Keep the model in memory.")
    static let directIO = CommandOption<Bool>(
        "direct-io", also: ["-dio"], negations: ["--no-direct-io", "-ndio"], .flag,
        "The same as --load-mode dio.")
    static let fullWindow = CommandOption<Bool>(
        "swa-full", also: [], variable: "LLAMA_ARG_SWA_FULL", .flag,
        "Keep the whole context of models with a sliding window.")
    static let embeddings = CommandOption<Bool>(
        "embeddings", also: ["--embedding"], variable: "LLAMA_ARG_EMBEDDINGS", .flag, "Serve embeddings of texts.")
    static let reranking = CommandOption<Bool>(
        "reranking", also: ["--rerank"], variable: "LLAMA_ARG_RERANKING", .flag, "Rank documents by a query.")
    static let pooling = CommandOption<ComputingArguments.Pooling>(
        "pooling", also: [], variable: "LLAMA_ARG_POOLING", .choice,
        "How tokens' vectors become a text's (default: the model's).")
    static let embeddingNorm = CommandOption<Int>(
        "embd-normalize", .integer(in: -1...100), "Norm of embeddings; -1 none, 2 Euclidean (default 2).")

    static let computingOptions =
        [
            cells.declared, sequenceTokens.declared, sharesCells.declared, parallel.declared, batch.declared,
            microBatch.declared,
        ].map { $0.listed(under: "Context and batches") }
        + [
            threads.declared, batchThreads.declared, gpuLayers.declared, flashAttention.declared,
            keyType.declared, valueType.declared, offloadsCache.declared, loadMode.declared, mapped.declared,
            locked.declared, directIO.declared, fullWindow.declared, sleepAfter.declared,
        ].map { $0.listed(under: "Computing") }
        + [
            embeddings.declared, reranking.declared, pooling.declared, embeddingNorm.declared,
        ].map { $0.listed(under: "Embeddings") }
}

extension ValueKind where Value == Int {
    fileprivate static func tokens(least: Int, zero: String) -> ValueKind {
        let most = Int(Int32.max)
        return .argument("0 (\(zero)) or an integer from \(least) to \(most)", placeholder: "N") { text in
            Int(text).flatMap { $0 == 0 || (least...most).contains($0) ? $0 : nil }
        }
    }

    fileprivate static var parallel: ValueKind {
        .argument("-1 or an integer from 1 to 256", placeholder: "N") { text in
            Int(text).flatMap { $0 == -1 || (1...256).contains($0) ? $0 : nil }
        }
    }
}

extension ValueKind where Value == ComputingArguments.GPULayers {
    static var gpuLayers: ValueKind {
        .argument("auto, all or an integer from -2 to 10000", placeholder: "auto|all|N") { text in
            switch text {
            case "auto", "-1": return .auto
            case "all", "-2": return .all
            default: return Int(text).flatMap { (0...10_000).contains($0) ? .count($0) : nil }
            }
        }
    }
}

extension ValueKind where Value == FlashAttention {
    fileprivate static var flashAttention: ValueKind {
        .argument("on, off or auto", placeholder: "on|off|auto") { text in
            switch text {
            case "on", "enabled", "true", "1": .on
            case "off", "disabled", "false", "0": .off
            case "auto", "-1": .auto
            default: nil
            }
        }
    }
}
