extension MemoryQuestion {
    /// What a worker with this command line serves, and how. Options that memory does not depend on are passed over; so are
    /// values that the engine would refuse, because then there is no worker.
    ///
    /// Gives `nil` when no model is named.
    ///
    /// - Parameter words: of `nexus-engine`, without the program's name.
    public init?(engineArguments words: [String]) {
        let line = EngineCommandLine(words)
        guard let model = line.value("--model", "-m") else { return nil }
        self.init(model: model)
        projector = line.value("--mmproj", "-mm")
        adapters = (line.values("--lora") + line.values("--lora-scaled").map { String($0.prefix { $0 != ":" }) })
            .flatMap { $0.split(separator: ",").map(String.init) }
        if let name = line.value("--model-draft", "-md", "--spec-draft-model") {
            var draft = Draft(model: name)
            draft.cells = line.natural("--ctx-size-draft", "-cd")
            draft.keyType = line.cacheType("--cache-type-k-draft", "-ctkd") ?? .f16
            draft.valueType = line.cacheType("--cache-type-v-draft", "-ctvd") ?? .f16
            self.draft = draft
        }
        if line.has("--embeddings", "--embedding") { request.use = .embeddings }
        if line.has("--reranking", "--rerank") { request.use = .reranking }
        request.cells = line.natural("--ctx-size", "-c").flatMap { $0 > 0 ? $0 : nil }
        request.sequenceTokens = line.natural("--ctx-seq", "--kv-unified-per-slot").flatMap { $0 > 0 ? $0 : nil }
        if let count = line.natural("--parallel", "-np"), count > 0 { request.parallel = count }
        if let count = line.natural("--batch-size", "-b"), count > 0 { request.batchTokens = count }
        if let count = line.natural("--ubatch-size", "-ub"), count > 0 { request.microBatchTokens = count }
        if let type = line.cacheType("--cache-type-k", "-ctk") { request.keyType = type }
        if let type = line.cacheType("--cache-type-v", "-ctv") { request.valueType = type }
        switch line.value("--flash-attn", "-fa") {
        case "off", "disabled", "false", "0": request.flashAttention = .off
        case "auto", "-1", nil: break
        default: request.flashAttention = .on
        }
        // It measures attention, which flash attention does not show.
        if line.natural("--kv-compress") ?? 0 > 0 { request.flashAttention = .off }
        request.keepsWholeWindow = line.has("--swa-full")
        request.loading = line.loading
        request.repacks = !line.has("--no-repack", "-nr")
        // -1 has no limit, which is taken for the default.
        if let mebibytes = line.natural("--cache-ram", "-cram") {
            request.prefixCacheBytes = mebibytes.multipliedOrMax(by: 1 << 20)
        }
        switch line.value("--gpu-layers", "-ngl", "--n-gpu-layers") {
        case "all", "-2": request.gpuLayers = .all
        case let text?: request.gpuLayers = Int(text).flatMap { $0 >= 0 ? .count($0) : nil } ?? .auto
        case nil: break
        }
        request.offloadsCache = !line.has("--no-kv-offload", "-nkvo")
        if line.has("--cpu-moe", "-cmoe") { request.expertLayersOnCPU = .max }
        if let count = line.natural("--n-cpu-moe", "-ncmoe") { request.expertLayersOnCPU = Int(clamping: count) }
        request.split = line.value("--split-mode", "-sm").flatMap(MemoryRequest.Split.init(rawValue:)) ?? .layer
    }
}

/// Options of a command line, by name; the last one counts.
private struct EngineCommandLine {
    private let words: [String]

    init(_ words: [String]) { self.words = words }

    func has(_ names: String...) -> Bool { words.contains { names.contains($0) } }

    func value(_ names: String...) -> String? { values(names).last }

    func values(_ names: String...) -> [String] { values(names) }

    private func values(_ names: [String]) -> [String] {
        words.indices.compactMap { index in
            let word = words[index]
            if names.contains(word) { return index + 1 < words.count ? words[index + 1] : nil }
            guard word.hasPrefix("--"), let sign = word.firstIndex(of: "="), names.contains(String(word[..<sign]))
            else {
                return nil
            }
            return String(word[word.index(after: sign)...])
        }
    }

    func natural(_ names: String...) -> UInt64? { values(names).last.flatMap(UInt64.init) }

    func cacheType(_ names: String...) -> KVCacheType? { values(names).last.flatMap(KVCacheType.init(rawValue:)) }

    var loading: MemoryRequest.Loading {
        if let mode = value("--load-mode", "-lm").flatMap(MemoryRequest.Loading.init(mode:)) { return mode }
        if has("--no-mmap", "--direct-io", "-dio") { return .read }
        return has("--mlock") ? has("--mmap") ? .locked : .read : .mapped
    }
}

extension MemoryRequest.Loading {
    /// The words of `--load-mode`, in the order of the help.
    public static let modes = ["auto", "none", "mmap", "mlock", "mmap+mlock", "dio"]

    /// From a word of `--load-mode`: as far as memory is concerned, what is locked without being mapped is read, as is what comes
    /// past the system's file cache.
    public init?(mode: String) {
        switch mode {
        case "auto", "mmap": self = .mapped
        case "none", "mlock", "dio": self = .read
        case "mmap+mlock": self = .locked
        default: return nil
        }
    }
}
