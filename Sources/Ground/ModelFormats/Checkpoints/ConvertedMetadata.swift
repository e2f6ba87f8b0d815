import GGUF

/// The metadata of a converted file, under the keys of `constants.py` of gguf-py.
struct ConvertedMetadata {
    private(set) var entries: [(key: String, value: GGUFValue)] = []

    /// What is true of every model.
    mutating func describe(
        name: String, license: String?, _ type: ConversionType, parameterCount: UInt64, _ config: CheckpointConfig
    ) {
        add("general.architecture", .string(config.family.architecture))
        add("general.type", .string("model"))
        add("general.name", .string(name))
        add("general.size_label", .string(Self.sizeLabel(parameterCount)))
        if let license { add("general.license", .string(license)) }
        add("general.file_type", .uint32(type.fileType))
        // `GGML_QNT_VERSION`.
        add("general.quantization_version", .uint32(2))
    }

    /// The graph's sizes.
    mutating func add(_ config: CheckpointConfig, _ pooling: Pooling?) {
        let prefix = config.family.architecture
        func key(_ name: String) -> String { "\(prefix).\(name)" }
        let sizes = [
            ("block_count", config.layerCount), ("context_length", config.contextLength),
            ("embedding_length", config.hiddenSize), ("feed_forward_length", config.feedForwardSize),
            ("attention.head_count", config.headCount), ("vocab_size", config.vocabularySize),
        ]
        for (name, size) in sizes { add(key(name), .uint32(UInt32(size))) }
        if config.family == .bert {
            add(key("attention.layer_norm_epsilon"), .float32(Float(config.normEpsilon)))
            add(key("attention.causal"), .bool(false))
            if !config.labels.isEmpty, config.className == "BertForSequenceClassification" {
                add(key("classifier.output_labels"), .array(GGUFArray(config.labels)))
            }
        } else {
            add(key("attention.head_count_kv"), .uint32(UInt32(config.keyValueHeadCount)))
            add(key("attention.layer_norm_rms_epsilon"), .float32(Float(config.normEpsilon)))
            add(key("rope.freq_base"), .float32(Float(config.rope.theta)))
            add(key("rope.dimension_count"), .uint32(UInt32(config.headSize)))
            if config.saysHeadSize {
                add(key("attention.key_length"), .uint32(UInt32(config.headSize)))
                add(key("attention.value_length"), .uint32(UInt32(config.headSize)))
            }
            addScaling(config, prefix)
        }
        if let pooling { add(key("pooling_type"), .uint32(pooling.rawValue)) }
    }

    private mutating func addScaling(_ config: CheckpointConfig, _ prefix: String) {
        let prefix = "\(prefix).rope.scaling"
        switch config.rope.scaling {
        case .none, .llama3: break  // LLaMA 3's is a tensor, `rope_freqs.weight`.
        case .linear(let factor):
            add("\(prefix).type", .string("linear"))
            add("\(prefix).factor", .float32(Float(factor)))
        case .yarn(let factor, let originalContext, let more):
            add("\(prefix).type", .string("yarn"))
            add("\(prefix).factor", .float32(Float(factor)))
            add("\(prefix).original_context_length", .uint32(UInt32(originalContext)))
            for (key, value) in more { add("\(prefix).\(key)", .float32(Float(value))) }
        }
    }

    mutating func add(_ vocabulary: CheckpointVocabulary, tokenTypes config: CheckpointConfig) {
        let prefix = "tokenizer.ggml"
        add("\(prefix).model", .string(vocabulary.model))
        add("\(prefix).pre", .string(vocabulary.pre))
        add("\(prefix).tokens", .array(GGUFArray(byteStrings: vocabulary.tokens)))
        if let scores = vocabulary.scores { add("\(prefix).scores", .array(GGUFArray(scores))) }
        add("\(prefix).token_type", .array(GGUFArray(vocabulary.kinds.map(\.rawValue))))
        if let merges = vocabulary.merges { add("\(prefix).merges", .array(GGUFArray(byteStrings: merges))) }
        if config.family == .bert {
            add("\(prefix).token_type_count", .uint32(UInt32(config.tokenTypeCount)))
        }
        for (key, id) in vocabulary.specials { add("\(prefix).\(key)", .uint32(UInt32(id))) }
        for (key, flag) in vocabulary.flags { add("\(prefix).\(key)", .bool(flag)) }
    }

    /// The default template, and the others under their names.
    mutating func add(templates: [(name: String, source: String)]) {
        for (name, source) in templates {
            let isPlain = name.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
            }
            let key = name == "default" ? "tokenizer.chat_template" : "tokenizer.chat_template.\(name)"
            guard isPlain, !entries.contains(where: { $0.key == key }) else { continue }
            add(key, .string(source))
        }
    }

    private mutating func add(_ key: String, _ value: GGUFValue) { entries.append((key, value)) }

    /// "23M", "1.2B": as model cards write it.
    static func sizeLabel(_ count: UInt64) -> String {
        for (unit, letter) in [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")] where Double(count) >= unit {
            let size = Double(count) / unit
            if size < 10 {
                let tenths = Int((size * 10).rounded())
                return tenths.isMultiple(of: 10) ? "\(tenths / 10)\(letter)" : "\(tenths / 10).\(tenths % 10)\(letter)"
            }
            return "\(Int(size.rounded()))\(letter)"
        }
        return "\(count)"
    }
}
