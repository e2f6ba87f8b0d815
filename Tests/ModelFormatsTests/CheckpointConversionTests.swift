import GGUF
import JSONText
import TestRandomness
import Testing

@testable import ModelFormats

@Suite struct CheckpointConversionTests {
    private func refused(_ folder: FolderInMemory, as type: ConversionType = .f32) -> ModelFormatError? {
        refusal { _ = try converted(folder, as: type) }
    }

    // MARK: What is written

    @Test(arguments: ["LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM"])
    func `a decoder's tensors are all there, with ggml's order of axes`(className: String) throws {
        let (file, bytes) = try converted(SmallCheckpoint.decoder(className))
        let source = SmallCheckpoint.decoderTensors(className)
        #expect(file.tensors.count == source.count)
        let down = try #require(file.tensors.first { $0.name == "blk.1.ffn_down.weight" })
        #expect(down.dimensions == [12, 8])
        let original = try #require(source.first { $0.name == "model.layers.1.mlp.down_proj.weight" })
        #expect(file.floats("blk.1.ffn_down.weight", in: bytes) == original.floats)
        #expect(try CheckpointConversion(SmallCheckpoint.decoder(className), as: .f32).byteCount == UInt64(bytes.count))
    }

    @Test func `LLaMA's queries and keys change their rows, and Qwen's do not`() throws {
        for (className, changes) in [("LlamaForCausalLM", true), ("Qwen3ForCausalLM", false)] {
            let (file, bytes) = try converted(SmallCheckpoint.decoder(className))
            let source = SmallCheckpoint.decoderTensors(className)
            let query = try #require(source.first { $0.name == "model.layers.0.self_attn.q_proj.weight" }).floats
            let rows = (0..<8).map { Array(query[$0 * 8..<$0 * 8 + 8]) }
            let order = changes ? [0, 2, 1, 3, 4, 6, 5, 7] : Array(0..<8)
            #expect(file.floats("blk.0.attn_q.weight", in: bytes) == order.flatMap { rows[$0] })
        }
    }

    @Test func `a decoder's settings get llama.cpp's names`() throws {
        let file = try converted(SmallCheckpoint.decoder("LlamaForCausalLM"), as: .bf16).file
        let data = file.metadata
        #expect(data["general.architecture"] == .string("llama") && data["general.file_type"] == .uint32(32))
        #expect(data["llama.block_count"] == .uint32(2) && data["llama.context_length"] == .uint32(64))
        #expect(data["llama.attention.head_count_kv"] == .uint32(1) && data["llama.rope.dimension_count"] == .uint32(4))
        #expect(data["llama.rope.freq_base"] == .float32(500_000))
        #expect(data["llama.attention.layer_norm_rms_epsilon"] == .float32(1e-5))
        #expect(data["general.name"] == .string("small"))
        let types = Dictionary(grouping: file.tensors) { $0.type }.mapValues(\.count)
        #expect(types == [.f32: 5, .bf16: 16])
    }

    @Test func `rows that are not made of whole blocks are written in 16 bits`() throws {
        let file = try converted(SmallCheckpoint.decoder("LlamaForCausalLM"), as: .q8_0).file
        let types = Dictionary(grouping: file.tensors) { $0.type }.mapValues(\.count)
        #expect(types == [.f32: 5, .f16: 16] && file.metadata["general.file_type"] == .uint32(7))
    }

    @Test func `an encoder keeps its tables precise and takes names of two generations`() throws {
        let (file, _) = try converted(SmallCheckpoint.encoder(), as: .f16)
        func type(_ name: String) -> TensorType? { file.tensors.first { $0.name == name }?.type }
        #expect(type("token_embd.weight") == .f16 && type("position_embd.weight") == .f32)
        #expect(type("token_types.weight") == .f32 && type("token_embd_norm.bias") == .f32)
        #expect(type("cls.weight") == nil && file.tensors.count == 5 + 2 * 16)
        #expect(file.metadata["bert.attention.causal"] == .bool(false))
        #expect(file.metadata["bert.pooling_type"] == .uint32(1))
        #expect(file.metadata["general.license"] == .string("apache-2.0"))
        #expect(file.metadata["bert.classifier.output_labels"] == nil)
    }

    @Test func `a classifier keeps its head and its labels`() throws {
        let file = try converted(SmallCheckpoint.encoder(className: "BertForSequenceClassification")).file
        #expect(file.tensors.first { $0.name == "cls.output.weight" }?.dimensions == [8, 3])
        #expect(file.tensors.contains { $0.name == "cls.bias" })
        #expect(file.metadata["bert.pooling_type"] == .uint32(4))
        #expect(file.metadata["bert.classifier.output_labels"]?.array?.strings == ["sun", "rain", "snow"])
    }

    @Test func `how vectors are pooled is read where sentence-transformers writes it`() throws {
        var folder = SmallCheckpoint.encoder()
        folder[text: "modules.json"] =
            #"[{"type": "a.Transformer", "path": ""}, {"type": "a.Pooling", "path": "1_Pooling"}]"#
        #expect(refused(folder)?.kind == .missing)
        folder[text: "1_Pooling/config.json"] = #"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#
        #expect(try converted(folder).file.metadata["bert.pooling_type"] == .uint32(2))
        folder[text: "1_Pooling/config.json"] = #"{"pooling_mode_max_tokens": true}"#
        #expect(refused(folder)?.kind == .unsupportedSetting)
        folder[text: "modules.json"] = #"[{"type": "a.Transformer"}, {"type": "a.Dense", "path": "2_Dense"}]"#
        #expect(refused(folder)?.field == "[1].type" && refused(folder)?.found == "a.Dense")
        folder[text: "modules.json"] = #"[{"type": "a.Pooling", "path": "../secret"}]"#
        #expect(throws: (any Error).self) { try FolderOnDisk(path: "/tmp").file("../secret/config.json") }
    }

    @Test func `tied embeddings need no output, and others do`() throws {
        var folder = SmallCheckpoint.decoder("LlamaForCausalLM")
        let tensors = SmallCheckpoint.decoderTensors("LlamaForCausalLM").filter { $0.name != "lm_head.weight" }
        folder.files["model.safetensors"] = safeTensors(tensors)
        #expect(refused(folder)?.field == "lm_head.weight")
        let tied = try folder.setting("tie_word_embeddings", true)
        #expect(try !converted(tied).file.tensors.contains { $0.name == "output.weight" })
    }

    @Test func `frequencies are scaled as their settings say`() throws {
        let folder = SmallCheckpoint.decoder("LlamaForCausalLM")
        let llama3 = try folder.setting(
            "rope_scaling",
            [
                "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 32,
            ])
        let (file, bytes) = try converted(llama3)
        // Waves of 6.3 and 4443 tokens, beside 32 / 4 and 32 / 1.
        #expect(file.floats("rope_freqs.weight", in: bytes) == [1, 8])
        let yarn = try folder.setting(
            "rope_scaling", ["type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 32])
        let data = try converted(yarn).file.metadata
        #expect(data["llama.rope.scaling.type"] == .string("yarn") && data["llama.rope.scaling.factor"] == .float32(4))
        #expect(data["llama.rope.scaling.original_context_length"] == .uint32(16))
        #expect(data["llama.rope.scaling.yarn_beta_fast"] == .float32(32))
        let newer = try folder.setting("rope_parameters", ["rope_type": "linear", "factor": 2, "rope_theta": 7.0])
        let linear = try converted(newer).file.metadata
        #expect(linear["llama.rope.scaling.type"] == .string("linear") && linear["llama.rope.freq_base"] == .float32(7))
        #expect(
            refused(try folder.setting("rope_scaling", ["type": "dynamic", "factor": 2]))?.field == "rope_scaling.type")
        #expect(refused(try folder.setting("rope_scaling", ["type": "linear"]))?.field == "rope_scaling.factor")
    }

    @Test func `shards and one file make the same`() throws {
        let folder = SmallCheckpoint.decoder("Qwen2ForCausalLM")
        let tensors = SmallCheckpoint.decoderTensors("Qwen2ForCausalLM")
        var sharded = folder.without("model.safetensors")
        var map = JSONObject()
        for (index, tensor) in tensors.enumerated() { map[tensor.name] = .string("part-\(index % 3).safetensors") }
        for part in 0..<3 {
            let own = tensors.enumerated().filter { $0.offset % 3 == part }.map(\.element)
            sharded.files["part-\(part).safetensors"] = safeTensors(own)
        }
        let index: JSONObject = ["weight_map": .object(map)]
        sharded[text: "model.safetensors.index.json"] = JSONValue.object(index).text
        #expect(try converted(sharded).bytes == converted(folder).bytes)
    }

    @Test func `progress rises to the whole, and what it throws ends the work`() throws {
        struct Stop: Error {}
        let conversion = try CheckpointConversion(SmallCheckpoint.encoder(), as: .f32)
        var done: [UInt64] = []
        try conversion.write(to: { _ in }) { progress in
            done.append(progress.bytesDone)
            #expect(progress.bytesTotal == conversion.byteCount)
        }
        #expect(done == done.sorted() && done.last == conversion.byteCount)
        #expect(throws: Stop.self) { try conversion.write(to: { _ in }) { _ in throw Stop() } }
    }

    // MARK: What is refused

    @Test func `an architecture that is not known is refused with those that are`() throws {
        let folder = try SmallCheckpoint.encoder().setting("architectures", ["MambaForCausalLM"])
        let error = refused(folder)
        #expect(error?.kind == .unsupportedArchitecture && error?.found.contains("Mamba") == true)
        #expect(error?.allowed.contains("Qwen3ForCausalLM") == true)
        #expect(refused(try folder.setting("architectures", nil))?.kind == .unsupportedArchitecture)
        #expect(refused(FolderInMemory())?.field == "config.json")
    }

    @Test(
        arguments: [
            ("num_hidden_layers", 1_000_000_000_000_000_000), ("num_hidden_layers", 0), ("num_hidden_layers", 2.5),
            ("hidden_size", -8), ("hidden_size", "8"), ("hidden_size", 7), ("num_attention_heads", 0),
            ("num_key_value_heads", 3),
            ("vocab_size", 1e300), ("rms_norm_eps", -1), ("max_position_embeddings", nil), ("rope_theta", 0),
            ("head_dim", 3),
        ] as [(String, JSONValue?)])
    func `absurd settings are refused by their names`(key: String, value: JSONValue?) throws {
        let error = refused(try SmallCheckpoint.decoder("LlamaForCausalLM").setting(key, value))
        #expect(error?.file == "config.json" && error?.kind == .malformed, "\(String(describing: error))")
    }

    @Test func `a setting that is no number is refused with its place`() {
        var folder = SmallCheckpoint.decoder("LlamaForCausalLM")
        folder[text: "config.json"] = folder[text: "config.json"].replacing("1e-5", with: "NaN")
        #expect(refused(folder)?.offset != nil)
    }

    @Test(
        arguments: [
            ("quantization_config", ["quant_method": "gptq"]), ("hidden_act", "relu"), ("num_hidden_layers", 1),
        ] as [(String, JSONValue)])
    func `what llama.cpp would compute otherwise is refused`(key: String, value: JSONValue) throws {
        let folder = try SmallCheckpoint.decoder("LlamaForCausalLM").setting(key, value)
        #expect(refused(folder)?.kind == .unsupportedSetting)
        let mistral = try SmallCheckpoint.decoder("MistralForCausalLM").setting("sliding_window", 32)
        #expect(refused(mistral)?.field == "sliding_window")
    }

    @Test func `tensors that are missing, of wrong shape or of an unknown type are refused by their names`() throws {
        let name = "model.layers.1.mlp.up_proj.weight"
        func refused(_ change: (inout TestTensor) -> Void) throws -> ModelFormatError? {
            var folder = SmallCheckpoint.decoder("LlamaForCausalLM")
            var tensors = SmallCheckpoint.decoderTensors("LlamaForCausalLM")
            let index = try #require(tensors.firstIndex { $0.name == name })
            change(&tensors[index])
            folder.files["model.safetensors"] = safeTensors(tensors)
            return self.refused(folder)
        }
        #expect(try refused { $0.name = "model.layers.1.mlp.sideways.weight" }?.kind == .missing)
        #expect(try refused { $0.shape = [8, 12] }?.kind == .wrongShape)
        let size = 12 * 8
        for (type, bits) in [("F8_E4M3", 8), ("I64", 64), ("U8", 8), ("F4", 4)] {
            let error = try refused {
                $0.type = type
                $0.bytes = Array(repeating: 0, count: size * bits / 8)
            }
            #expect(error?.kind == .unsupportedType && error?.found == type)
        }
    }

    @Test func `a tensor that the model does not know is refused`() throws {
        var folder = SmallCheckpoint.decoder("LlamaForCausalLM")
        var random = SeededRandom(seed: 1)
        let more = TestTensor("model.layers.0.adapter.weight", [2], &random)
        folder.files["model.safetensors"] = safeTensors(SmallCheckpoint.decoderTensors("LlamaForCausalLM") + [more])
        #expect(refused(folder)?.field == "layers.0.adapter.weight")
    }

    @Test func `a number too large for 16 bits is refused with the tensor's name`() throws {
        var tensors = SmallCheckpoint.decoderTensors("LlamaForCausalLM")
        let index = try #require(tensors.firstIndex { $0.name == "model.layers.0.self_attn.q_proj.weight" })
        tensors[index].bytes.replaceSubrange(0..<4, with: Float(1e6).littleEndianBytes)
        var folder = SmallCheckpoint.decoder("LlamaForCausalLM")
        folder.files["model.safetensors"] = safeTensors(tensors)
        let error = refused(folder, as: .f16)
        #expect(error?.kind == .outOfRange && error?.field.hasSuffix("q_proj.weight") == true)
        #expect(throws: Never.self) { try converted(folder, as: .bf16) }
    }

    @Test func `pickled weights are refused with the reason`() throws {
        var folder = SmallCheckpoint.decoder("LlamaForCausalLM").without("model.safetensors")
        #expect(refused(folder)?.kind == .missing)
        folder.files["pytorch_model.bin"] = [0x80, 2, 0x7D, 0x2E]
        let error = refused(folder)
        #expect(error?.kind == .unsafeFormat && error?.file == "pytorch_model.bin")
        #expect(refusal { _ = try ModelFormats.summary(of: .folder(folder)) }?.kind == .unsafeFormat)
        for (name, start, kind) in [
            ("model.pt", [0x80, 2, 0x7D, 0x2E], .unsafeFormat), ("model.pth", [0x50, 0x4B, 3, 4], .unsafeFormat),
            ("photos.zip", [0x50, 0x4B, 3, 4], .unknownFormat), ("tiny.bin", [0x80], .unknownFormat),
            ("noise.bin", [1, 2, 3, 4], .unknownFormat),
        ] as [(String, [UInt8], ModelFormatError.Kind)] {
            let item = ModelItem.file(name: name, BytesInMemory(start))
            #expect(refusal { _ = try ModelFormats.summary(of: item) }?.kind == kind, "\(name)")
        }
    }

    @Test func `a file cut anywhere is refused before anything is written`() throws {
        var folder = SmallCheckpoint.encoder()
        let whole = try #require(folder.files["model.safetensors"])
        for count in stride(from: 0, to: whole.count, by: 97) {
            folder.files["model.safetensors"] = Array(whole[..<count])
            #expect(refusal { _ = try CheckpointConversion(folder, as: .f32) } != nil)
        }
    }
}
