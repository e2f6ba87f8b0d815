/// One tensor of the file that is written: where its numbers come from, and what they must look like.
struct PlannedTensor {
    /// Its name in GGUF.
    let name: String
    /// Its name in the checkpoint, without the prefix that the family drops; `nil` for one that is computed.
    let source: String?
    /// The outermost size first.
    let shape: [Int]
    var rows = RowOrder.kept
    /// Always written as F32.
    var isPrecise = false
    /// Whether a checkpoint may be without it.
    var isOptional = false
    /// The numbers of a tensor that is computed.
    var values: [Float] = []

    /// In which order the rows are written.
    enum RowOrder {
        case kept
        /// transformers keeps the two numbers that are turned together half a head apart, ggml's ROPE of this architecture side
        /// by side. Row `h * size + 2 * i + j` is row `h * size + j * size / 2 + i` of the checkpoint.
        case interleaved(headSize: Int)
    }
}

/// The tensors of a model, by its settings: all that must be in the checkpoint, under both names.
///
/// Source of the names: `tensor_mapping.py` and `constants.py` of gguf-py.
struct TensorPlan {
    private(set) var tensors: [PlannedTensor] = []

    init(_ config: CheckpointConfig, hasHead: Bool) {
        switch config.family {
        case .bert: addEncoder(config)
        case .llama, .qwen2, .qwen3: addDecoder(config, hasHead: hasHead)
        }
    }

    /// Tensors that checkpoints have and models do not need: tables that are computed, and heads for training.
    static func isIgnored(_ name: String, _ config: CheckpointConfig) -> Bool {
        if name.hasSuffix(".rotary_emb.inv_freq") || name.hasSuffix("embeddings.position_ids") { return true }
        switch config.family {
        case .bert:
            return name.hasPrefix("cls.predictions.") || name.hasPrefix("cls.seq_relationship.")
                || (name.hasPrefix("pooler.dense.") && config.className != "BertForSequenceClassification")
        case .llama, .qwen2, .qwen3:
            return name == "lm_head.weight" && (config.isTied || !config.className.hasSuffix("ForCausalLM"))
        }
    }

    /// A checkpoint's own name without what the families' classes put before it, and with the names of today.
    static func plainName(_ name: String, _ config: CheckpointConfig) -> String {
        var name = name[...]
        switch config.family {
        case .bert:
            if name.hasPrefix("bert.") { name = name.dropFirst(5) }
            if name.hasSuffix(".gamma") { return name.dropLast(6) + ".weight" }
            if name.hasSuffix(".beta") { return name.dropLast(5) + ".bias" }
        case .llama, .qwen2, .qwen3:
            if name.hasPrefix("model.") { name = name.dropFirst(6) }
        }
        return String(name)
    }

    // MARK: Decoders

    private mutating func addDecoder(_ config: CheckpointConfig, hasHead: Bool) {
        let width = config.hiddenSize
        let queries = config.headCount * config.headSize
        let keys = config.keyValueHeadCount * config.headSize
        add("token_embd.weight", "embed_tokens.weight", [config.vocabularySize, width])
        add("output_norm.weight", "norm.weight", [width], isPrecise: true)
        if hasHead { add("output.weight", "lm_head.weight", [config.vocabularySize, width]) }
        if let factors = config.rope.frequencyFactors(headSize: config.headSize) {
            tensors.append(
                PlannedTensor(
                    name: "rope_freqs.weight", source: nil, shape: [factors.count], isPrecise: true, values: factors))
        }
        // Only LLaMA's graph turns neighbours; the others turn halves, as transformers does.
        let order: PlannedTensor.RowOrder =
            config.family == .llama ? .interleaved(headSize: config.headSize) : .kept
        for layer in 0..<config.layerCount {
            let from = "layers.\(layer)"
            let to = "blk.\(layer)"
            add("\(to).attn_norm.weight", "\(from).input_layernorm.weight", [width], isPrecise: true)
            addLinear("\(to).attn_q", "\(from).self_attn.q_proj", [queries, width], config, rows: order)
            addLinear("\(to).attn_k", "\(from).self_attn.k_proj", [keys, width], config, rows: order)
            addLinear("\(to).attn_v", "\(from).self_attn.v_proj", [keys, width], config)
            addLinear("\(to).attn_output", "\(from).self_attn.o_proj", [width, queries], config, isInner: true)
            if config.family == .qwen3 {
                for part in ["q", "k"] {
                    let name = "attn_\(part)_norm.weight"
                    add("\(to).\(name)", "\(from).self_attn.\(part)_norm.weight", [config.headSize], isPrecise: true)
                }
            }
            add("\(to).ffn_norm.weight", "\(from).post_attention_layernorm.weight", [width], isPrecise: true)
            let inner = config.feedForwardSize
            addLinear("\(to).ffn_gate", "\(from).mlp.gate_proj", [inner, width], config, isInner: true)
            addLinear("\(to).ffn_up", "\(from).mlp.up_proj", [inner, width], config, isInner: true)
            addLinear("\(to).ffn_down", "\(from).mlp.down_proj", [width, inner], config, isInner: true)
        }
    }

    /// A matrix, and the bias that LLaMA may have, that Qwen 2 has for queries, keys and values, and Qwen 3 never.
    private mutating func addLinear(
        _ name: String, _ source: String, _ shape: [Int], _ config: CheckpointConfig,
        rows: PlannedTensor.RowOrder = .kept, isInner: Bool = false
    ) {
        add("\(name).weight", "\(source).weight", shape, rows: rows)
        let hasBias = config.family == .llama || (config.family == .qwen2 && !isInner)
        guard hasBias else { return }
        add(
            "\(name).bias", "\(source).bias", [shape[0]], rows: rows, isPrecise: true,
            isOptional: config.family == .llama)
    }

    // MARK: Encoders

    private mutating func addEncoder(_ config: CheckpointConfig) {
        let width = config.hiddenSize
        let inner = config.feedForwardSize
        add("token_embd.weight", "embeddings.word_embeddings.weight", [config.vocabularySize, width])
        let positions = "embeddings.position_embeddings.weight"
        add("position_embd.weight", positions, [config.contextLength, width], isPrecise: true)
        let types = "embeddings.token_type_embeddings.weight"
        add("token_types.weight", types, [config.tokenTypeCount, width], isPrecise: true)
        addNorm("token_embd_norm", "embeddings.LayerNorm", width)
        for layer in 0..<config.layerCount {
            let from = "encoder.layer.\(layer)"
            let to = "blk.\(layer)"
            for (part, name) in [("query", "attn_q"), ("key", "attn_k"), ("value", "attn_v")] {
                addAffine("\(to).\(name)", "\(from).attention.self.\(part)", [width, width])
            }
            addAffine("\(to).attn_output", "\(from).attention.output.dense", [width, width])
            addNorm("\(to).attn_output_norm", "\(from).attention.output.LayerNorm", width)
            addAffine("\(to).ffn_up", "\(from).intermediate.dense", [inner, width])
            addAffine("\(to).ffn_down", "\(from).output.dense", [width, inner])
            addNorm("\(to).layer_output_norm", "\(from).output.LayerNorm", width)
        }
        if config.className == "BertForSequenceClassification" {
            addAffine("cls", "pooler.dense", [width, width])
            addAffine("cls.output", "classifier", [config.labelCount, width])
        }
    }

    private mutating func addAffine(_ name: String, _ source: String, _ shape: [Int]) {
        add("\(name).weight", "\(source).weight", shape)
        add("\(name).bias", "\(source).bias", [shape[0]], isPrecise: true)
    }

    private mutating func addNorm(_ name: String, _ source: String, _ width: Int) {
        add("\(name).weight", "\(source).weight", [width], isPrecise: true)
        add("\(name).bias", "\(source).bias", [width], isPrecise: true)
    }

    private mutating func add(
        _ name: String, _ source: String, _ shape: [Int], rows: PlannedTensor.RowOrder = .kept,
        isPrecise: Bool = false, isOptional: Bool = false
    ) {
        tensors.append(
            PlannedTensor(
                name: name, source: source, shape: shape, rows: rows, isPrecise: isPrecise, isOptional: isOptional))
    }
}
