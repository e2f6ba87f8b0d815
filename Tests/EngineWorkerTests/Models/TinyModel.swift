import Foundation
import GGUF

/// Models of four layers with random weights, one for each way in which llama.cpp remembers.
///
/// What an answer says means nothing, but each token of it depends on all that the model remembers.
enum TinyModel: String, Sendable, CaseIterable {
    /// Cohere2: three layers look back 32 positions, the fourth over all.
    case slidingWindow = "cohere2"
    /// Mamba: a state of fixed size.
    case recurrent = "mamba"
    /// LFM2: short convolutions, and attention in every second layer.
    case hybrid = "lfm2"

    static let window = 32
    static let contextTokens = 4_096
    private static let layers = 4
    private static let embedding = 64
    private static let heads = 4
    private static let feedForward = 96
    private static let convolution = 4
    private static let state = 16
    private static let rank = 4

    /// Writes the model to a file, which is gone when `body` is done.
    func withFile<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(rawValue)-\(UUID().uuidString).gguf")
        try Data(Self.files[self]?.get() ?? []).write(to: file)
        let result: Result
        do {
            result = try await body(file.path)
        } catch {
            try FileManager.default.removeItem(at: file)
            throw error
        }
        try FileManager.default.removeItem(at: file)
        return result
    }

    /// Made once.
    private static let files = Dictionary(
        uniqueKeysWithValues: allCases.map { model in (model, Result { try model.bytes() }) })

    private func bytes() throws -> [UInt8] {
        var writer = try GGUFWriter()
        try writer.set("general.architecture", .string(rawValue))
        for (key, value) in description { try writer.set("\(rawValue).\(key)", value) }
        try TinyVocabulary.describe(in: &writer)
        var weights = TinyWeights(writer, seed: 11, embedding: Self.embedding)
        // So small that what the layers remember counts for more than the last token.
        try weights.tokens("token_embd.weight", deviation: 0.05)
        try weights.constant(self == .hybrid ? "token_embd_norm.weight" : "output_norm.weight", [Self.embedding], 1)
        for layer in 0..<Self.layers { try addLayer(layer, to: &weights) }
        return try weights.writer.bytes()
    }

    private var description: [(String, GGUFValue)] {
        let common: [(String, GGUFValue)] = [
            ("context_length", .uint32(UInt32(Self.contextTokens))),
            ("embedding_length", .uint32(UInt32(Self.embedding))), ("block_count", .uint32(UInt32(Self.layers))),
            ("feed_forward_length", .uint32(self == .recurrent ? 0 : UInt32(Self.feedForward))),
            ("attention.head_count", .uint32(self == .recurrent ? 0 : UInt32(Self.heads))),
        ]
        switch self {
        case .slidingWindow:
            return common + [
                ("attention.layer_norm_epsilon", .float32(1e-5)), ("logit_scale", .float32(1)),
                ("attention.sliding_window", .uint32(UInt32(Self.window))),
            ]
        case .recurrent:
            return common + [
                ("attention.layer_norm_rms_epsilon", .float32(1e-5)),
                ("ssm.conv_kernel", .uint32(UInt32(Self.convolution))),
                ("ssm.inner_size", .uint32(UInt32(2 * Self.embedding))),
                ("ssm.state_size", .uint32(UInt32(Self.state))), ("ssm.time_step_rank", .uint32(UInt32(Self.rank))),
            ]
        case .hybrid:
            return common + [
                ("attention.layer_norm_rms_epsilon", .float32(1e-5)),
                ("shortconv.l_cache", .uint32(UInt32(Self.convolution))),
                (
                    "attention.head_count_kv",
                    .array(GGUFArray((0..<Self.layers).map { Self.hasAttention($0) ? UInt32(Self.heads) : 0 }))
                ),
            ]
        }
    }

    /// Of the hybrid's layers.
    private static func hasAttention(_ layer: Int) -> Bool { layer % 2 == 1 }

    private func addLayer(_ layer: Int, to weights: inout TinyWeights) throws {
        let prefix = "blk.\(layer)."
        try weights.constant(prefix + "attn_norm.weight", [Self.embedding], 1)
        switch self {
        case .slidingWindow:
            try Self.addAttention(prefix, to: &weights)
            try Self.addFeedForward(prefix, to: &weights)
        case .recurrent:
            try Self.addStateSpace(prefix, to: &weights)
        case .hybrid:
            try weights.constant(prefix + "ffn_norm.weight", [Self.embedding], 1)
            try Self.addFeedForward(prefix, to: &weights)
            if Self.hasAttention(layer) {
                try weights.constant(prefix + "attn_q_norm.weight", [Self.embedding / Self.heads], 1.5)
                try weights.constant(prefix + "attn_k_norm.weight", [Self.embedding / Self.heads], 1.5)
                try Self.addAttention(prefix, to: &weights)
            } else {
                try weights.matrix(prefix + "shortconv.conv.weight", Self.convolution, Self.embedding)
                try weights.matrix(prefix + "shortconv.in_proj.weight", Self.embedding, 3 * Self.embedding)
                try weights.matrix(prefix + "shortconv.out_proj.weight", Self.embedding, Self.embedding)
            }
        }
    }

    private static func addAttention(_ prefix: String, to weights: inout TinyWeights) throws {
        // Queries and keys that are larger than usual let each position look at a few others, not at all alike.
        for name in ["attn_q", "attn_k"] {
            try weights.matrix("\(prefix)\(name).weight", embedding, embedding, gain: 1.5)
        }
        for name in ["attn_v", "attn_output"] {
            try weights.matrix("\(prefix)\(name).weight", embedding, embedding, gain: 2)
        }
    }

    private static func addFeedForward(_ prefix: String, to weights: inout TinyWeights) throws {
        try weights.matrix(prefix + "ffn_gate.weight", embedding, feedForward)
        try weights.matrix(prefix + "ffn_up.weight", embedding, feedForward)
        try weights.matrix(prefix + "ffn_down.weight", feedForward, embedding)
    }

    private static func addStateSpace(_ prefix: String, to weights: inout TinyWeights) throws {
        let inner = 2 * embedding
        try weights.matrix(prefix + "ssm_in.weight", embedding, 2 * inner, gain: 2)
        try weights.matrix(prefix + "ssm_conv1d.weight", convolution, inner)
        try weights.constant(prefix + "ssm_conv1d.bias", [inner], 0)
        try weights.matrix(prefix + "ssm_x.weight", inner, rank + 2 * state, gain: 2)
        try weights.matrix(prefix + "ssm_dt.weight", rank, inner, gain: 0.5)
        // Small steps and slow decay: what was read fades over tens of tokens.
        try weights.even(prefix + "ssm_dt.bias", [inner], -3 ... -1)
        try weights.even(prefix + "ssm_a", [state, inner], -1 ... -0.05)
        try weights.constant(prefix + "ssm_d", [inner], 0.5)
        try weights.matrix(prefix + "ssm_out.weight", inner, embedding, gain: 2)
    }
}
