import JSONText

/// `config.json` of a checkpoint: what the model's graph needs, each number in a range that a model can have.
struct CheckpointConfig {
    static let fileName = "config.json"

    let family: CheckpointFamily
    /// `architectures[0]`: "LlamaForCausalLM".
    let className: String
    let hiddenSize: Int
    let layerCount: Int
    let headCount: Int
    /// Heads of keys and values.
    let keyValueHeadCount: Int
    /// Numbers of a head.
    let headSize: Int
    /// Whether the file says the head's size, instead of leaving it to follow from the others.
    let saysHeadSize: Bool
    let feedForwardSize: Int
    let vocabularySize: Int
    /// In tokens.
    let contextLength: Int
    /// Of the norms: RMS for decoders, of layers for encoders.
    let normEpsilon: Double
    /// Whether the output's matrix is the embedding's.
    let isTied: Bool
    let rope: RopeSettings
    /// BERT: rows of the table of token types.
    let tokenTypeCount: Int
    /// Names of a classifier's outputs, in their order; none for the names that the library makes up.
    let labels: [String]
    /// How many outputs a classifier has.
    let labelCount: Int
    /// Ids of special tokens, by their names there: "bos_token_id".
    let specialTokens: [String: Int]

    static let layerCountMax = 4096
    static let widthMax = 1 << 20
    static let vocabularySizeMax = 1 << 24

    init(_ folder: some ModelFolder) throws(ModelFormatError) {
        guard let value = try CheckpointText.json(Self.fileName, in: folder) else {
            throw ModelFormatError(
                .missing, in: folder.name, Self.fileName, found: "no such file",
                allowed: "a checkpoint's folder: config.json, model.safetensors, tokenizer.json")
        }
        guard let name = value["architectures"]?[0]?.string, let family = CheckpointFamily.byClass[name] else {
            throw ModelFormatError(
                .unsupportedArchitecture, in: Self.fileName, "architectures",
                found: value["architectures"]?.text ?? "none", allowed: CheckpointFamily.supported)
        }
        do throws(JSONFieldError) {
            try self.init(JSONField(value), family, name)
        } catch {
            throw ModelFormatError(error, in: Self.fileName)
        }
        try checkSettings(value)
    }

    private init(_ root: JSONField, _ family: CheckpointFamily, _ className: String) throws(JSONFieldError) {
        self.family = family
        self.className = className
        hiddenSize = try root.required("hidden_size").integer(in: 1...Self.widthMax)
        layerCount = try root.required("num_hidden_layers").integer(in: 1...Self.layerCountMax)
        headCount = try root.required("num_attention_heads").integer(in: 1...Self.widthMax)
        let keyValueHeads = try root.optional("num_key_value_heads")
        keyValueHeadCount = try keyValueHeads?.integer(in: 1...headCount) ?? headCount
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw (keyValueHeads ?? root).fail("must divide num_attention_heads, \(headCount)")
        }
        let head = try root.optional("head_dim")
        saysHeadSize = head != nil
        headSize = try head?.integer(in: 1...Self.widthMax) ?? hiddenSize / headCount
        guard head != nil || hiddenSize.isMultiple(of: headCount), headSize.isMultiple(of: 2) else {
            throw (head ?? root).fail("the heads' size must be whole and even, not \(hiddenSize) / \(headCount)")
        }
        feedForwardSize = try root.required("intermediate_size").integer(in: 1...(Self.widthMax * 16))
        vocabularySize = try root.required("vocab_size").integer(in: 1...Self.vocabularySizeMax)
        contextLength = try root.required("max_position_embeddings").integer(in: 1...(1 << 30))
        let isEncoder = family == .bert
        let epsilon = try root.optional(isEncoder ? "layer_norm_eps" : "rms_norm_eps")
        // transformers' defaults: 1e-12 of BertConfig, 1e-6 of LlamaConfig, Qwen2Config and Qwen3Config.
        normEpsilon = try epsilon?.number(in: 0...1) ?? (isEncoder ? 1e-12 : 1e-6)
        isTied = try root.optional("tie_word_embeddings")?.bool() ?? false
        rope = isEncoder ? .none : try RopeSettings(root, contextLength: contextLength)
        tokenTypeCount = try root.optional("type_vocab_size")?.integer(in: 1...1024) ?? 2
        let classes = try root.optional("id2label")?.object()
        let countedLabels = try root.optional("num_labels")?.integer(in: 1...65_536)
        labelCount = classes?.count ?? countedLabels ?? 2
        labels = try Self.labels(classes, root)
        var specials: [String: Int] = [:]
        for key in ["bos_token_id", "eos_token_id", "pad_token_id"] {
            // A list where several tokens end an answer; the tokenizer's own file names the main one.
            let value = root.value[key]?[0] ?? root.value[key]
            if let id = value?.integer, id >= 0, id < vocabularySize { specials[key] = Int(id) }
        }
        specialTokens = specials
    }

    private static func labels(_ classes: JSONObject?, _ root: JSONField) throws(JSONFieldError) -> [String] {
        guard let classes, classes.count <= 65_536 else { return [] }
        var labels: [String] = []
        for index in 0..<classes.count {
            guard let label = classes["\(index)"]?.string else {
                throw root.fail("id2label has no name for \(index)")
            }
            labels.append(label)
        }
        return labels.allSatisfy { $0.hasPrefix("LABEL_") } ? [] : labels
    }

    /// What changes the graph in a way that llama.cpp does not have.
    private func checkSettings(_ value: JSONValue) throws(ModelFormatError) {
        func refuse(_ key: String, _ allowed: String) -> ModelFormatError {
            ModelFormatError(
                .unsupportedSetting, in: Self.fileName, key, found: value[key]?.text ?? "nothing", allowed: allowed)
        }
        let activations = family == .bert ? ["gelu", "gelu_new", "gelu_pytorch_tanh"] : ["silu", "swish"]
        if let act = value["hidden_act"], !act.isNull, !activations.contains(act.string ?? "") {
            throw refuse("hidden_act", activations.joined(separator: ", "))
        }
        if let kind = value["position_embedding_type"], !kind.isNull, kind.string != "absolute", family == .bert {
            throw refuse("position_embedding_type", "absolute")
        }
        if let method = value["quantization_config"], !method.isNull {
            throw refuse(
                "quantization_config", "weights in F32, F16 or BF16; take the checkpoint that is not quantised")
        }
        // Qwen has the setting and another one that turns it on; Mistral has the one.
        let isOn = value["use_sliding_window"]?.bool ?? (className.hasPrefix("Mistral"))
        if isOn, let window = value["sliding_window"]?.integer, window < contextLength {
            throw refuse("sliding_window", "null, or not less than max_position_embeddings")
        }
    }
}
