import GGUF
import Hosting
import Testing

@testable import Hardware

/// The list's shapes against what is read from the header of such a file.
@Suite struct KnownShapeTests {
    /// A file with a real header and nothing but zeros behind it, which take no memory.
    private struct Header: ByteSource {
        let bytes: [UInt8]
        let byteCount: UInt64

        func read(offset: UInt64, count: Int) throws -> [UInt8] {
            let start = Int(clamping: offset)
            let known = bytes[min(start, bytes.count)..<min(start + count, bytes.count)]
            return Array(known) + [UInt8](repeating: 0, count: count - known.count)
        }
    }

    private struct HeaderIsWhole: Error {}

    private static func file(_ writer: GGUFWriter) throws -> GGUFFile {
        var header: [UInt8] = []
        do {
            try writer.write { piece in
                header = piece
                throw HeaderIsWhole()
            }
        } catch is HeaderIsWhole {}
        return try GGUFFile.read(from: Header(bytes: header, byteCount: try writer.byteCount))
    }

    /// Types of a layer's matrices, by the matrix's name and the layer.
    private typealias Types = (_ matrix: String, _ layer: Int) -> TensorType

    private static func file(of model: KnownModel, tokens: Bool = false, types: Types) throws -> GGUFFile {
        var writer = try GGUFWriter()
        try describe(model, in: &writer, tokens: tokens)
        func add(_ name: String, _ type: TensorType, _ sizes: Int...) throws {
            try writer.add(tensor: name, type, sizes.map(UInt64.init)) { _ in }
        }
        let width = model.embeddingWidth
        try add("token_embd.weight", types("token_embd", 0), width, model.vocabularySize)
        if model.isEncoder {
            try add("token_types.weight", .f32, width, 2)
            try add("position_embd.weight", .f32, width, model.contextTokens)
        } else {
            try add("output_norm.weight", .f32, width)
        }
        if !model.isTied { try add("output.weight", types("output", 0), width, model.vocabularySize) }
        for layer in 0..<model.layers {
            func matrix(_ name: String, _ sizes: Int...) throws {
                try writer.add(
                    tensor: "blk.\(layer).\(name).weight", types(name, layer), sizes.map(UInt64.init)
                ) { _ in }
            }
            try add("blk.\(layer).attn_norm.weight", .f32, width)
            try add("blk.\(layer).ffn_norm.weight", .f32, width)
            let queries = model.headCount * model.headWidth
            let keys = model.keyValueHeadCount * model.headWidth
            if model.architecture == "phi3" {
                try matrix("attn_qkv", width, queries + 2 * keys)
            } else {
                try matrix("attn_q", width, queries)
                try matrix("attn_k", width, keys)
                try matrix("attn_v", width, keys)
            }
            try matrix("attn_output", queries, width)
            if let experts = model.experts {
                try add("blk.\(layer).ffn_gate_inp.weight", .f32, width, experts.count)
                try matrix("ffn_gate_exps", width, experts.feedForwardWidth, experts.count)
                try matrix("ffn_up_exps", width, experts.feedForwardWidth, experts.count)
                try matrix("ffn_down_exps", experts.feedForwardWidth, width, experts.count)
                continue
            }
            let isFused = model.architecture == "phi3"
            if !isFused, !model.isEncoder { try matrix("ffn_gate", width, model.feedForwardWidth) }
            try matrix("ffn_up", width, model.feedForwardWidth * (isFused ? 2 : 1))
            try matrix("ffn_down", model.feedForwardWidth, width)
        }
        return try file(writer)
    }

    /// The keys that publishers' files of these families have.
    private static func describe(_ model: KnownModel, in writer: inout GGUFWriter, tokens: Bool) throws {
        try writer.set("general.architecture", .string(model.architecture))
        func set(_ key: String, _ value: Int) throws {
            try writer.set("\(model.architecture).\(key)", .uint32(UInt32(value)))
        }
        try set("block_count", model.layers)
        try set("context_length", model.contextTokens)
        try set("embedding_length", model.embeddingWidth)
        try set("feed_forward_length", model.feedForwardWidth)
        try set("attention.head_count", model.headCount)
        if !model.isEncoder {
            try set("attention.head_count_kv", model.keyValueHeadCount)
            try set("attention.key_length", model.headWidth)
            try set("attention.value_length", model.headWidth)
        }
        if let experts = model.experts {
            try set("expert_count", experts.count)
            try set("expert_used_count", experts.used)
            try set("expert_feed_forward_length", experts.feedForwardWidth)
        }
        if let window = model.window { try set("attention.sliding_window", window.positions) }
        if tokens {
            let texts = (0..<model.vocabularySize).map { "word of \($0)" }
            try writer.set("tokenizer.ggml.tokens", .array(GGUFArray(texts)))
            try writer.set("tokenizer.ggml.merges", .array(GGUFArray(texts)))
        }
    }

    private static func isNear(_ left: UInt64, _ right: UInt64, _ share: Double) -> Bool {
        abs(Double(left) - Double(right)) <= share * max(Double(left), Double(right), 1)
    }

    @Test(arguments: KnownModel.all)
    func `the list's shape is the header's`(model: KnownModel) throws {
        let known = model.shape(try #require(Quantization.named("Q8_0")))
        let read = ModelShape(try Self.file(of: model) { _, _ in .q8_0 })
        #expect(known.layers.count == read.layers.count)
        #expect(known.embeddingWidth == read.embeddingWidth)
        #expect(known.vocabularySize == read.vocabularySize)
        #expect(known.trainedContext == read.trainedContext)
        #expect(known.slidingWindow == read.slidingWindow)
        #expect(known.writesText == read.writesText)
        #expect(known.ends.isTied == read.ends.isTied)
        for (mine, real) in zip(known.layers, read.layers) {
            #expect(mine.recall == real.recall)
            #expect(mine.keyWidth == real.keyWidth && mine.valueWidth == real.valueWidth)
            #expect(mine.headCount == real.headCount && mine.queryWidth == real.queryWidth)
            #expect(mine.feedForwardWidth == real.feedForwardWidth)
            #expect(mine.stepWidth == real.stepWidth)
            #expect(Self.isNear(mine.weightBytes, real.weightBytes, 0.04))
            #expect(Self.isNear(mine.expertBytes, real.expertBytes, 0.04))
        }
        #expect(Self.isNear(known.weightBytes, read.weightBytes, 0.05))
    }

    @Test(arguments: ["Llama-3.1-8B-Instruct", "Qwen3-8B", "Qwen2.5-7B-Instruct", "Qwen3-1.7B", "Qwen3-30B-A3B"])
    func `what a mixed quantisation takes is predicted without the file`(name: String) throws {
        let model = try #require(KnownModel.all.first { $0.name == name })
        let known = model.shape(try #require(Quantization.named("Q4_K_M")))
        // Source: `llama_tensor_get_type` and `use_more_bits` of llama.cpp.
        let read = ModelShape(
            try Self.file(of: model, tokens: true) { matrix, layer in
                let eighth = model.layers / 8
                let hasMore = layer < eighth || layer >= 7 * model.layers / 8 || (layer - eighth) % 3 == 2
                let isSensitive = matrix == "attn_v" || matrix.hasPrefix("ffn_down")
                let isHead = matrix == "output" || model.isTied && matrix == "token_embd"
                return isHead || isSensitive && hasMore ? .q6K : .q4K
            })
        #expect(Self.isNear(known.repackableBytes, read.repackableBytes, 0.1))
        for context in [4_096, 32_768] as [UInt64] {
            var request = MemoryRequest()
            request.parallel = 1
            request.sequenceTokens = context
            request.cells = context
            request.prefixCacheBytes = 0
            let mine = MemoryEstimate(of: known, served: request).footprint.host
            let real = MemoryEstimate(of: read, served: request).footprint.host
            #expect(Self.isNear(mine, real, 0.05), "\(mine) against \(real)")
        }
    }
}
