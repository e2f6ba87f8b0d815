import GGUF

extension ModelShape {
    /// Reads what the memory depends on from a file's metadata.
    struct Header {
        let metadata: GGUFMetadata
        let layerCount: Int
        let embeddingWidth: UInt64
        let vocabularySize: UInt64
        private let architecture: String
        private let window: WindowPattern
        private let isGated: Bool

        /// A file may claim more layers than any model has; its tensors are what count.
        private static let layersMax = 4_096
        /// No width, count or length of a real model is larger; products of three still fit.
        private static let numberMax: UInt64 = 1 << 20

        init(_ file: GGUFFile) {
            metadata = file.metadata
            architecture = file.metadata.architecture ?? ""
            let claimed = file.metadata.ofArchitecture("block_count")?.integer ?? 0
            layerCount = Int(max(0, min(claimed, Int64(Self.layersMax))))
            let embeddings = file.tensors.first { $0.name == "token_embd.weight" }?.dimensions
            let width = file.metadata.ofArchitecture("embedding_length")?.integer.flatMap(UInt64.init(exactly:))
            embeddingWidth = min(width ?? embeddings?.first ?? 0, Self.numberMax)
            let tokens = file.metadata["tokenizer.ggml.tokens"]?.array?.count
            vocabularySize = embeddings?.dropFirst().first ?? tokens.map(UInt64.init) ?? 0
            window = WindowPattern(file.metadata)
            isGated =
                file.tensors.contains { $0.name.contains("ffn_gate") }
                || Self.fusesGate.contains(file.metadata.architecture ?? "")
        }

        /// A natural number under the architecture's prefix; of an array with one per layer, the largest.
        func natural(_ key: String) -> UInt64? {
            let value = metadata.ofArchitecture(key)
            let number = value?.array.map { $0.integers?.max() } ?? value?.integer
            return number.flatMap(UInt64.init(exactly:)).map { min($0, Self.numberMax) }
        }

        /// The same for one layer.
        private func natural(_ key: String, _ layer: Int) -> UInt64? {
            guard let list = metadata.ofArchitecture(key)?.array?.integers else { return natural(key) }
            return layer < list.count ? UInt64(exactly: list[layer]).map { min($0, Self.numberMax) } : nil
        }

        /// Texts of tokens and merges: how many, and their bytes.
        var vocabularyTexts: (count: UInt64, bytes: UInt64) {
            ["tokenizer.ggml.tokens", "tokenizer.ggml.merges"].reduce(into: (0, 0)) { sum, key in
                guard let texts = metadata[key]?.array else { return }
                sum.0 += UInt64(texts.count)
                for index in 0..<texts.count { sum.1 += UInt64(texts.bytes(at: index)?.count ?? 0) }
            }
        }

        /// Whether it writes text, instead of reading whole texts both ways.
        var writesText: Bool {
            metadata.ofArchitecture("attention.causal")?.bool ?? !Self.encoders.contains(architecture)
        }

        /// Source: `LLM_ARCH_BERT` and the others for which llama.cpp makes no memory.
        private static let encoders: Set<String> = [
            "bert", "jina-bert-v2", "jina-bert-v3", "nomic-bert", "nomic-bert-moe", "neo-bert", "modern-bert",
            "eurobert",
            "gemma-embedding", "wavtokenizer-dec", "t5encoder", "clip",
        ]

        var slidingWindow: UInt64 { window.length }

        /// Tokens; no more than llama.cpp counts.
        var trainedContext: UInt64 {
            let said = metadata.ofArchitecture("context_length")?.integer.flatMap(UInt64.init(exactly:))
            return min(said ?? 0, UInt64(Int32.max))
        }

        var projection: Projection? {
            guard architecture == "clip" else { return nil }
            func number(_ key: String) -> UInt64 {
                metadata["clip.vision.\(key)"]?.integer.flatMap(UInt64.init(exactly:)) ?? 0
            }
            let side = number("image_size") / max(1, number("patch_size"))
            return Projection(
                patches: side * side, width: number("embedding_length"),
                feedForwardWidth: number("feed_forward_length"), headCount: number("attention.head_count"),
                layerCount: number("block_count"))
        }

        /// Families whose input and gate are one matrix.
        private static let fusesGate: Set<String> = ["phi3", "modern-bert", "chatglm", "glm4", "plamo2", "plamo3"]

        func layer(_ index: Int, weightBytes: UInt64, expertBytes: UInt64) -> Layer {
            let heads = natural("attention.head_count", index) ?? 0
            let keyHeads = natural("attention.head_count_kv", index) ?? heads
            let isWindow = window.covers(index)
            let largestHeads = max(1, natural("attention.head_count") ?? 1)
            func size(_ key: String) -> UInt64 {
                (isWindow ? natural("attention.\(key)_swa") : nil) ?? natural("attention.\(key)")
                    ?? embeddingWidth / largestHeads
            }
            // Latent attention (MLA) keeps one compressed vector, from which values are computed.
            let isLatent = natural("attention.key_length_mla") != nil && natural("attention.value_length_mla") != nil
            let keySize = size("key_length")
            let width = feedForward(index)
            return Layer(
                recall: recall(index, keyHeads: keyHeads, isWindow: isWindow), keyWidth: keyHeads * keySize,
                valueWidth: isLatent ? 0 : keyHeads * size("value_length"), headCount: heads,
                queryWidth: heads * keySize, feedForwardWidth: width.between, stepWidth: width.step,
                weightBytes: weightBytes, expertBytes: expertBytes)
        }

        /// Numbers of a token between the matrices, and at the same time: a gated part has gate, input and their product beside the
        /// residual; one without computes in place. Each expert's output is kept until all are added up.
        private func feedForward(_ index: Int) -> (between: UInt64, step: UInt64) {
            let dense = natural("feed_forward_length", index) ?? 0
            let experts = natural("expert_used_count") ?? 0
            let expertWidth = experts * (natural("expert_feed_forward_length") ?? dense)
            let between = max(experts > 0 ? expertWidth : dense, dense)
            let kept = embeddingWidth * (experts + 1)
            let step = isGated ? 3 * between + kept : between + kept + embeddingWidth
            // A recurrent layer has its input with the gate, the convolved input, the step's lengths and the output at once.
            let inner = natural("ssm.inner_size") ?? 0
            return (max(between, inner), max(step, inner > 0 ? 5 * inner + 2 * embeddingWidth : 0))
        }

        private func recall(_ index: Int, keyHeads: UInt64, isWindow: Bool) -> Recall {
            guard writesText else { return .nothing }
            // Layers that only predict further tokens are not attended by the trunk.
            let trunk = layerCount - Int(clamping: natural("nextn_predict_layers") ?? 0)
            guard index < max(trunk, 1) else { return .nothing }
            switch RecurrentLayers(architecture: architecture) {
            case .all: return .state(numbers: stateNumbers)
            case .beside: return .allAndState(numbers: stateNumbers)
            case .whereNoHeads:
                guard keyHeads > 0 else { return isFeedForwardOnly(index) ? .nothing : .state(numbers: stateNumbers) }
            case .between:
                let interval = Int(clamping: natural("full_attention_interval") ?? 4)
                if (index + 1) % max(1, interval) != 0 { return .state(numbers: stateNumbers) }
            case .none: break
            }
            if let own = window.ownCacheLayers(of: layerCount, shared: natural("attention.shared_kv_layers")),
                index >= own
            {
                return .nothing
            }
            guard keyHeads > 0 else { return .nothing }
            return isWindow ? .window : .all
        }

        /// Layers of Nemotron-H are either attention, or a state, or feed-forward.
        private func isFeedForwardOnly(_ index: Int) -> Bool {
            architecture.hasPrefix("nemotron") && natural("feed_forward_length", index) ?? 0 > 0
        }

        /// Numbers of one layer's state for one sequence.
        ///
        /// Source: `llama_hparams::n_embd_r` and `n_embd_s`.
        private var stateNumbers: UInt64 {
            let heads = natural("attention.head_count") ?? 0
            if let head = natural("wkv.head_size") {
                return (natural("token_shift_count") ?? 2) * embeddingWidth + embeddingWidth * head
            }
            if let kept = natural("shortconv.l_cache"), kept > 0 { return embeddingWidth * (kept - 1) }
            let convolution = natural("ssm.conv_kernel") ?? 0
            if let head = natural("kda.head_dim") {
                return 3 * (convolution > 0 ? convolution - 1 : 3) * heads * head + head * head * heads
            }
            let inner = natural("ssm.inner_size") ?? 0
            let state = natural("ssm.state_size") ?? 0
            let groups = natural("ssm.group_count") ?? 0
            return (convolution > 0 ? convolution - 1 : 0) * (inner + 2 * groups * state) + state * inner
        }
    }

    /// Which layers of a family keep a state instead of keys and values.
    private enum RecurrentLayers {
        case none, all, beside, whereNoHeads, between

        /// Source: `llm_arch_is_recurrent`, `llm_arch_is_hybrid` and the architectures' `is_recr_impl`.
        init(architecture: String) {
            switch architecture {
            case "mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7": self = .all
            case "falcon-h1": self = .beside
            case "jamba", "plamo2", "granitehybrid", "lfm2", "lfm2moe", "nemotron_h", "nemotron_h_moe", "kimi-linear":
                self = .whereNoHeads
            case "qwen3next", "qwen35", "qwen35moe": self = .between
            default: self = .none
            }
        }
    }
}

/// Which layers see only a window.
private struct WindowPattern {
    let length: UInt64
    private let flags: [Bool]?
    private let period: Int
    private let startsDense: Bool
    private let architecture: String

    init(_ metadata: GGUFMetadata) {
        architecture = metadata.architecture ?? ""
        let family = Self.families[architecture]
        let pattern = metadata.ofArchitecture("attention.sliding_window_pattern")
        let said = metadata.ofArchitecture("attention.sliding_window")?.integer.flatMap(UInt64.init(exactly:))
        let list = pattern?.array
        flags = list?.integers.map { $0.map { $0 != 0 } } ?? list.flatMap { Self.bools($0) }
        let isKnown = family != nil || flags != nil
        length = isKnown ? min(said ?? family?.length ?? 0, UInt64(Int32.max)) : 0
        period = pattern?.integer.flatMap(Int.init(exactly:)) ?? family?.period ?? 1
        startsDense = family?.startsDense ?? false
    }

    private static func bools(_ array: GGUFArray) -> [Bool]? {
        guard array.elementType == .bool else { return nil }
        return (0..<array.count).map { array[$0].bool == true }
    }

    func covers(_ layer: Int) -> Bool {
        guard length > 0 else { return false }
        if let flags { return layer < flags.count && flags[layer] }
        guard period > 0 else { return true }
        return startsDense ? layer % period != 0 : layer % period < period - 1
    }

    /// Layers from this one on use the cache of earlier ones.
    func ownCacheLayers(of layerCount: Int, shared: UInt64?) -> Int? {
        switch architecture {
        case "gemma3n": 20
        case "gemma4": shared.map { max(0, layerCount - Int(clamping: $0)) }
        default: nil
        }
    }

    /// Families with windows: every how many layers sees everything, whether the first of them does, and the window where the
    /// file does not say. Other families have windows in their files that llama.cpp does not use.
    ///
    /// Source: `load_swa_pattern` in the architectures of llama.cpp.
    private static let families: [String: (period: Int, startsDense: Bool, length: UInt64?)] = [
        "afmoe": (4, false, nil), "cohere2": (4, false, nil), "cohere2moe": (4, true, nil),
        "exaone-moe": (4, false, nil), "exaone4": (4, false, nil), "gemma-embedding": (6, false, nil),
        "gemma2": (2, false, 4096), "gemma3": (6, false, nil), "gemma3n": (5, false, nil), "laguna": (4, true, nil),
        "llama4": (4, false, 8192), "mellum": (4, false, nil), "modern-bert": (3, true, nil),
        "muse-glimmer": (4, false, nil), "olmo2": (4, false, nil), "gpt-oss": (2, false, nil),
        "plamo3": (8, false, nil), "smallthinker": (4, true, nil),
    ]
}
