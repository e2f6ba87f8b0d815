import GGUF
import Hosting
import TestModels
import Testing

@Suite struct ModelShapeTests {
    @Test func `keys and values have as many heads as the file says, not as many as queries`() throws {
        let shape = ModelShape(try ShapedFiles.file())
        #expect(shape.layers.count == 4)
        let layer = try #require(shape.layers.first)
        // 256 numbers over 8 heads are 32 each; 2 heads of keys.
        #expect(layer.keyWidth == 64 && layer.valueWidth == 64 && layer.queryWidth == 256)
        #expect(layer.recall == .all && shape.writesText && !shape.hasUncuttableMemory)
        #expect(shape.ends.isTied && shape.vocabularySize == 64)
        #expect(layer.weightBytes == (256 * 256 + 256 * 8) * 2 && shape.ends.inputBytes == 256 * 64 * 2)
    }

    @Test func `layers may differ, and say their own sizes`() throws {
        let shape = ModelShape(
            try ShapedFiles.file(
                "llama",
                [
                    "attention.head_count_kv": .array(GGUFArray([UInt32(1), 2, 4, 8])),
                    "attention.key_length": .uint32(128), "attention.value_length": .uint32(64),
                ]))
        #expect(shape.layers.map(\.keyWidth) == [128, 256, 512, 1024])
        #expect(shape.layers.map(\.valueWidth) == [64, 128, 256, 512])
    }

    @Test func `latent attention keeps no values`() throws {
        let keys: [String: GGUFValue] = [
            "attention.head_count_kv": .uint32(1), "attention.key_length": .uint32(576),
            "attention.value_length": .uint32(512), "attention.key_length_mla": .uint32(192),
            "attention.value_length_mla": .uint32(128),
        ]
        let shape = ModelShape(try ShapedFiles.file("deepseek2", keys))
        #expect(shape.layers.allSatisfy { $0.keyWidth == 576 && $0.valueWidth == 0 })
    }

    @Test func `families with windows say which layers see everything`() throws {
        let window: [String: GGUFValue] = ["attention.sliding_window": .uint32(1024)]
        func seen(_ family: String, _ more: [String: GGUFValue] = [:]) throws -> [ModelShape.Recall] {
            ModelShape(try ShapedFiles.file(family, window.merging(more) { $1 }, layers: 6)).layers.map(\.recall)
        }
        #expect(try seen("gemma3") == [.window, .window, .window, .window, .window, .all])
        #expect(try seen("gemma2") == [.window, .all, .window, .all, .window, .all])
        #expect(try seen("smallthinker") == [.all, .window, .window, .window, .all, .window])
        // llama.cpp does not use the window of these.
        #expect(try seen("qwen2").allSatisfy { $0 == .all })
        #expect(try seen("phi3").allSatisfy { $0 == .all })
        let list = GGUFValue.array(
            try #require(GGUFArray(.bool, [true, false, false, true, true, false].map { .bool($0) })))
        #expect(
            try seen("gemma4", ["attention.sliding_window_pattern": list, "attention.shared_kv_layers": .uint32(2)])
                == [.window, .all, .all, .window, .nothing, .nothing])
    }

    @Test func `recurrent and hybrid families keep states`() throws {
        let mamba: [String: GGUFValue] = [
            "ssm.conv_kernel": .uint32(4), "ssm.inner_size": .uint32(512), "ssm.state_size": .uint32(16),
            "attention.head_count_kv": .uint32(0),
        ]
        let pure = ModelShape(try ShapedFiles.file("mamba", mamba))
        #expect(pure.layers.allSatisfy { $0.recall == .state(numbers: 3 * 512 + 16 * 512) })
        #expect(pure.hasUncuttableMemory)
        let heads = GGUFValue.array(GGUFArray([UInt32(0), 0, 2, 0]))
        let hybrid = ModelShape(
            try ShapedFiles.file("jamba", mamba.merging(["attention.head_count_kv": heads]) { $1 }))
        #expect(hybrid.layers.map { $0.recall == .all } == [false, false, true, false])
        let convolution = ModelShape(
            try ShapedFiles.file("lfm2", ["attention.head_count_kv": heads, "shortconv.l_cache": .uint32(3)]))
        #expect(convolution.layers[0].recall == .state(numbers: 512))
        let between = ModelShape(try ShapedFiles.file("qwen3next", mamba))
        #expect(between.layers[0].recall == .state(numbers: 3 * 512 + 16 * 512))
    }

    @Test func `encoders remember nothing`() throws {
        let file = try GGUFFile.read(from: BytesInMemory(try RandomEncoder.file(ranks: false)))
        let shape = ModelShape(file)
        #expect(!shape.writesText && shape.layers.count == 2)
        #expect(shape.layers.allSatisfy { $0.recall == .nothing })
        #expect(shape.vocabularySize == UInt64(RandomEncoder.vocabulary.count))
    }

    @Test func `matrices for the processor's kernels are counted, embeddings are not`() throws {
        let plain = ModelShape(try ShapedFiles.file(type: .q8_0))
        #expect(plain.repackableBytes == 0)
        let packed = ModelShape(try ShapedFiles.file(type: .q4_0))
        #expect(packed.repackableBytes == 4 * (256 * 256 + 256 * 8) / 32 * 18)
    }

    @Test func `experts are told apart from the rest of a layer`() throws {
        let experts: [String: GGUFValue] = [
            "expert_count": .uint32(8), "expert_used_count": .uint32(2), "expert_feed_forward_length": .uint32(1000),
        ]
        let layer = try #require(ModelShape(try ShapedFiles.file("qwen3moe", experts)).layers.first)
        #expect(layer.feedForwardWidth == 2000)
        #expect(layer.stepWidth == 3 * 2000 + 3 * 256)
    }

    @Test(arguments: [UInt64(Int64.max), 1 << 40, 1 << 31])
    func `a header may claim anything without ending the process`(number: UInt64) throws {
        let claims: [String: GGUFValue] = [
            "attention.head_count": .uint64(number), "attention.head_count_kv": .uint64(number),
            "attention.key_length": .uint64(number), "attention.value_length": .uint64(number),
            "feed_forward_length": .uint64(number), "embedding_length": .uint64(number),
            "context_length": .uint64(number), "expert_used_count": .uint64(number),
            "attention.sliding_window": .uint64(number), "ssm.inner_size": .uint64(number),
            "ssm.state_size": .uint64(number), "ssm.conv_kernel": .uint64(number),
            "nextn_predict_layers": .uint64(number), "full_attention_interval": .uint64(number),
            "wkv.head_size": .uint64(number),
        ]
        for family in ["llama", "gemma3", "mamba", "falcon-h1", "qwen3next", "rwkv6"] {
            let shape = ModelShape(try ShapedFiles.file(family, claims))
            var request = MemoryRequest()
            request.flashAttention = .off
            request.devices = [.init(name: "CUDA0", freeBytes: 1 << 33)]
            #expect(MemoryEstimate(of: shape, served: request).hostBytes > 0)
        }
    }
}
