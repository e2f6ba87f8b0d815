import GGUF
import JSONText
import TestRandomness

@testable import ModelFormats

/// A folder in memory.
struct FolderInMemory: ModelFolder {
    var name = "small"
    var files: [String: [UInt8]] = [:]

    func file(_ name: String) throws(ModelFormatError) -> (any ByteSource)? {
        files[name].map { BytesInMemory($0) }
    }

    subscript(text name: String) -> String {
        get { String(decoding: files[name] ?? [], as: UTF8.self) }
        set { files[name] = Array(newValue.utf8) }
    }

    /// The folder after a change of a JSON file.
    func changing(_ name: String, _ change: (inout JSONObject) -> Void) throws -> FolderInMemory {
        var folder = self
        guard case .object(var object) = try JSONValue.parse(files[name] ?? []) else { return self }
        change(&object)
        folder[text: name] = JSONValue.object(object).text
        return folder
    }

    func without(_ name: String) -> FolderInMemory {
        var folder = self
        folder.files[name] = nil
        return folder
    }

    func setting(_ key: String, _ value: JSONValue?) throws -> FolderInMemory {
        try changing("config.json") { $0[key] = value }
    }
}

/// A tensor for a SafeTensors file of a test.
struct TestTensor {
    var name: String
    var type = "F32"
    var shape: [Int]
    var bytes: [UInt8]

    /// Random numbers from -1 to 1.
    init(_ name: String, _ shape: [Int], _ random: inout SeededRandom) {
        self.name = name
        self.shape = shape
        bytes = (0..<shape.reduce(1, *)).flatMap { _ in Float.random(in: -1...1, using: &random).littleEndianBytes }
    }

    init(_ name: String, type: String, shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    var floats: [Float] {
        stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
    }
}

extension Float {
    var littleEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bitPattern >> ($0 * 8)) } }
}

/// The bytes of a SafeTensors file.
func safeTensors(_ tensors: [TestTensor], header change: (inout JSONObject) -> Void = { _ in }) -> [UInt8] {
    var header: JSONObject = ["__metadata__": ["format": "pt"]]
    var start = 0
    for tensor in tensors {
        let entry: JSONObject = [
            "dtype": .string(tensor.type), "shape": .array(tensor.shape.map { JSONValue.whole($0) }),
            "data_offsets": [.whole(start), .whole(start + tensor.bytes.count)],
        ]
        header[tensor.name] = .object(entry)
        start += tensor.bytes.count
    }
    change(&header)
    return safeTensors(header: JSONValue.object(header).text, data: tensors.flatMap(\.bytes))
}

func safeTensors(header: String, data: [UInt8] = []) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + header.utf8 + data
}

/// Checkpoints of few and random numbers.
enum SmallCheckpoint {
    static let width = 8
    static let inner = 12
    static let vocabulary = 12
    static let layers = 2
    static let heads = 2
    static let keyValueHeads = 1

    /// A decoder with byte-level BPE.
    static func decoder(_ className: String, seed: UInt64 = 1) -> FolderInMemory {
        var folder = FolderInMemory()
        folder.files["model.safetensors"] = safeTensors(decoderTensors(className, seed: seed))
        folder[text: "config.json"] =
            """
            {"architectures": ["\(className)"], "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
             "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 12, "max_position_embeddings": 64,
             "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "hidden_act": "silu", "bos_token_id": 8,
             "eos_token_id": [9, 8]}
            """
        folder[text: "tokenizer.json"] = byteLevel
        folder[text: "tokenizer_config.json"] = #"{"bos_token": "<|begin|>", "eos_token": {"content": "<|end|>"}}"#
        return folder
    }

    static func decoderTensors(_ className: String, seed: UInt64 = 1) -> [TestTensor] {
        var random = SeededRandom(seed: seed)
        let keys = width / heads * keyValueHeads
        var tensors = [
            TestTensor("model.embed_tokens.weight", [vocabulary, width], &random),
            TestTensor("model.norm.weight", [width], &random),
            TestTensor("lm_head.weight", [vocabulary, width], &random),
        ]
        for layer in 0..<layers {
            let name = "model.layers.\(layer)"
            var shapes = [
                ("input_layernorm.weight", [width]), ("post_attention_layernorm.weight", [width]),
                ("self_attn.q_proj.weight", [width, width]), ("self_attn.k_proj.weight", [keys, width]),
                ("self_attn.v_proj.weight", [keys, width]), ("self_attn.o_proj.weight", [width, width]),
                ("mlp.gate_proj.weight", [inner, width]), ("mlp.up_proj.weight", [inner, width]),
                ("mlp.down_proj.weight", [width, inner]),
            ]
            if className.hasPrefix("Qwen2") {
                shapes += [
                    ("self_attn.q_proj.bias", [width]), ("self_attn.k_proj.bias", [keys]),
                    ("self_attn.v_proj.bias", [keys]),
                ]
            }
            if className.hasPrefix("Qwen3") {
                shapes += [("self_attn.q_norm.weight", [width / heads]), ("self_attn.k_norm.weight", [width / heads])]
            }
            for (part, shape) in shapes { tensors.append(TestTensor("\(name).\(part)", shape, &random)) }
        }
        return tensors
    }

    /// Four letters, two merges, two tokens of its own, and two rows that no token has.
    static let byteLevel = #"""
        {"added_tokens": [{"id": 8, "content": "<|begin|>", "special": true}, {"id": 9, "content": "<|end|>", "special": true}],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|begin|>"}}, {"Sequence": {"id": "A"}}]},
         "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "ab": 4, "cd": 5, "abcd": 6, "Ġ": 7},
          "merges": ["a b", ["c", "d"], "ab cd"]}}
        """#

    /// A sentence encoder with WordPiece.
    static func encoder(className: String = "BertModel", seed: UInt64 = 1) -> FolderInMemory {
        var random = SeededRandom(seed: seed)
        var tensors = [
            TestTensor("embeddings.word_embeddings.weight", [vocabulary, width], &random),
            TestTensor("embeddings.position_embeddings.weight", [16, width], &random),
            TestTensor("embeddings.token_type_embeddings.weight", [2, width], &random),
            TestTensor("embeddings.LayerNorm.gamma", [width], &random),
            TestTensor("embeddings.LayerNorm.beta", [width], &random),
            TestTensor("embeddings.position_ids", type: "I64", shape: [1, 16], bytes: Array(repeating: 0, count: 128)),
            TestTensor("pooler.dense.weight", [width, width], &random),
            TestTensor("pooler.dense.bias", [width], &random),
        ]
        for layer in 0..<layers {
            for (part, rows, columns) in [
                ("attention.self.query", width, width), ("attention.self.key", width, width),
                ("attention.self.value", width, width), ("attention.output.dense", width, width),
                ("intermediate.dense", inner, width), ("output.dense", width, inner),
            ] {
                tensors.append(TestTensor("encoder.layer.\(layer).\(part).weight", [rows, columns], &random))
                tensors.append(TestTensor("encoder.layer.\(layer).\(part).bias", [rows], &random))
            }
            for part in ["attention.output.LayerNorm", "output.LayerNorm"] {
                tensors.append(TestTensor("encoder.layer.\(layer).\(part).weight", [width], &random))
                tensors.append(TestTensor("encoder.layer.\(layer).\(part).bias", [width], &random))
            }
        }
        if className == "BertForSequenceClassification" {
            for index in tensors.indices { tensors[index].name = "bert.\(tensors[index].name)" }
            tensors.append(TestTensor("classifier.weight", [3, width], &random))
            tensors.append(TestTensor("classifier.bias", [3], &random))
        }
        var folder = FolderInMemory()
        folder.files["model.safetensors"] = safeTensors(tensors)
        folder[text: "config.json"] =
            """
            {"architectures": ["\(className)"], "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
             "num_attention_heads": 2, "vocab_size": 12, "max_position_embeddings": 16, "type_vocab_size": 2,
             "layer_norm_eps": 1e-12, "hidden_act": "gelu", "id2label": {"0": "sun", "1": "rain", "2": "snow"}}
            """
        folder[text: "vocab.txt"] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsun\nrain\n##y\n##s\nsnow\n"
        folder[text: "README.md"] = "---\ntags: [a]\nlicense: apache-2.0\n---\n# A model\nlicense: none\n"
        return folder
    }
}

/// The file that a conversion writes, read again.
func converted(_ folder: FolderInMemory, as type: ConversionType = .f32) throws -> (file: GGUFFile, bytes: [UInt8]) {
    let conversion = try CheckpointConversion(folder, as: type)
    var bytes: [UInt8] = []
    try conversion.write(to: { bytes += $0 })
    return (try GGUFFile.read(from: BytesInMemory(bytes)), bytes)
}

extension GGUFFile {
    func floats(_ name: String, in bytes: [UInt8]) -> [Float]? {
        guard let tensor = tensors.first(where: { $0.name == name }), tensor.type == .f32 else { return nil }
        return stride(from: Int(tensor.byteRange.lowerBound), to: Int(tensor.byteRange.upperBound), by: 4).map {
            start in
            Float(bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
    }
}

/// What `work` throws, which must be of this module.
func refusal(_ work: () throws -> Void) -> ModelFormatError? {
    do {
        try work()
        return nil
    } catch {
        return error as? ModelFormatError
    }
}
