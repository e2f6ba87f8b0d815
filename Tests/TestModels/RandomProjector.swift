import Foundation
import GGUF
import TestRandomness

/// A projector of a few thousand random numbers, for tests of the machinery around one. What it makes of an image or a
/// recording means nothing; that it makes the same of the same does.
public enum RandomProjector {
    public enum Kind: String, Sendable, CaseIterable {
        /// Images as in LLaVA: 36 rows, each of which the model reads after the one before.
        case llava
        /// Images as in Gemma 3: 9 rows, which all look at each other.
        case gemma
        /// Images as in Qwen2-VL: rows for their size, in a plane, so that they take fewer positions. For models with such
        /// positions.
        case qwen
        /// Recordings as in Ultravox: 375 rows for each 30 seconds that were begun.
        case ultravox

        fileprivate var isAudio: Bool { self == .ultravox }
        fileprivate var name: String {
            switch self {
            case .llava: "mlp"
            case .gemma: "gemma3"
            case .qwen: "qwen2vl_merger"
            case .ultravox: "ultravox"
            }
        }
    }

    private static let width = 64
    private static let heads: UInt32 = 4
    private static let layers = 2
    private static let feedForward = 128
    private static let imageSize = 48
    private static let patchSize = 8
    private static let patches = 36
    private static let mels = 80
    private static let stack = 4

    /// A projector file.
    ///
    /// - Parameters:
    ///   - kind: what it reads, and how.
    ///   - modelWidth: the embedding length of the model that it is for.
    ///   - seed: the same seed makes the same file.
    /// - Returns: its bytes.
    /// - Throws: nothing, unless the writer does not take what is written here.
    public static func file(_ kind: Kind, modelWidth: Int, seed: UInt64 = 1) throws -> [UInt8] {
        var writer = try GGUFWriter()
        for (key, value) in description(kind, modelWidth) { try writer.set(key, value) }
        var tensors = TensorWriter(writer: writer, random: SeededRandom(seed: seed))
        let prefix = kind.isAudio ? "a" : "v"
        if kind.isAudio {
            try tensors.add("a.conv1d.1.weight", [3, mels, width], type: .f16, spread: 0.2)
            try tensors.add("a.conv1d.1.bias", [1, width], spread: 0.1)
            try tensors.add("a.conv1d.2.weight", [3, width, width], type: .f16, spread: 0.2)
            try tensors.add("a.conv1d.2.bias", [1, width], spread: 0.1)
            try tensors.add("a.position_embd.weight", [width, 1_500], spread: 0.5)
        } else {
            try tensors.add("v.patch_embd.weight", [patchSize, patchSize, 3, width], spread: 0.3)
            if kind == .qwen {
                try tensors.add("v.patch_embd.weight.1", [patchSize, patchSize, 3, width], spread: 0.3)
            } else {
                try tensors.add("v.patch_embd.bias", [width], spread: 0.1)
                try tensors.add("v.position_embd.weight", [width, patches], spread: 0.5)
            }
        }
        for layer in 0..<layers { try addLayer("\(prefix).blk.\(layer)", to: &tensors, keyBias: !kind.isAudio) }
        try tensors.addNorm("\(prefix).post_ln", width)
        switch kind {
        case .llava:
            try tensors.addLinear("mm.0", width, width)
            try tensors.addLinear("mm.2", width, modelWidth)
        case .gemma:
            try tensors.add("mm.soft_emb_norm.weight", [width], around: 1, spread: 0.2)
            try tensors.add("mm.input_projection.weight", [modelWidth, width], spread: 0.3)
        case .qwen:
            try tensors.addLinear("mm.0", width * 4, width * 4)
            try tensors.addLinear("mm.2", width * 4, modelWidth)
        case .ultravox:
            try tensors.add("mm.a.norm_pre.weight", [width * stack], around: 1, spread: 0.2)
            try tensors.add("mm.a.mlp.1.weight", [width * stack, 256], spread: 0.1)
            try tensors.add("mm.a.norm_mid.weight", [128], around: 1, spread: 0.2)
            try tensors.add("mm.a.mlp.2.weight", [128, modelWidth], spread: 0.3)
        }
        return try tensors.writer.bytes()
    }

    private static func addLayer(_ name: String, to tensors: inout TensorWriter, keyBias: Bool) throws {
        for part in ["attn_q", "attn_k", "attn_v", "attn_out"] {
            try tensors.addLinear("\(name).\(part)", width, width, hasBias: part != "attn_k" || keyBias)
        }
        try tensors.addNorm("\(name).ln1", width)
        try tensors.addNorm("\(name).ln2", width)
        try tensors.addLinear("\(name).ffn_up", width, feedForward)
        try tensors.addLinear("\(name).ffn_down", feedForward, width)
    }

    private static func description(_ kind: Kind, _ modelWidth: Int) -> [(String, GGUFValue)] {
        let reader = kind.isAudio ? "audio" : "vision"
        var entries: [(String, GGUFValue)] = [
            ("general.architecture", .string("clip")), ("general.name", .string("random projector")),
            ("general.type", .string("mmproj")), ("clip.has_\(reader)_encoder", .bool(true)),
            ("clip.projector_type", .string(kind.name)), ("clip.use_gelu", .bool(true)),
            ("clip.\(reader).embedding_length", .uint32(UInt32(width))),
            ("clip.\(reader).feed_forward_length", .uint32(UInt32(feedForward))),
            ("clip.\(reader).block_count", .uint32(UInt32(layers))),
            ("clip.\(reader).attention.head_count", .uint32(heads)),
            ("clip.\(reader).attention.layer_norm_epsilon", .float32(1e-5)),
            ("clip.\(reader).projection_dim", .uint32(UInt32(modelWidth))),
        ]
        if kind.isAudio {
            entries += [
                ("clip.audio.num_mel_bins", .uint32(UInt32(mels))),
                ("clip.audio.projector.stack_factor", .uint32(UInt32(stack))),
            ]
        } else {
            let half: [Float] = [0.5, 0.5, 0.5]
            entries += [
                ("clip.vision.image_size", .uint32(UInt32(imageSize))),
                ("clip.vision.patch_size", .uint32(UInt32(patchSize))),
                ("clip.vision.image_mean", .array(GGUFArray(half))),
                ("clip.vision.image_std", .array(GGUFArray(half))),
                ("clip.vision.projector.scale_factor", .uint32(2)),
            ]
        }
        return entries
    }

    /// Runs `body` with the path of such a file, which is removed afterwards.
    ///
    /// - Parameters:
    ///   - kind: what it reads, and how.
    ///   - modelWidth: the embedding length of the model that it is for.
    ///   - body: what to do with it.
    /// - Returns: what `body` gives.
    /// - Throws: what `body` throws.
    public static func withFile<Result>(
        _ kind: Kind, modelWidth: Int, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "projector-\(UUID().uuidString).gguf")
        try Data(try file(kind, modelWidth: modelWidth)).write(to: path)
        defer { unlink(path.path) }
        return try await body(path.path)
    }
}

/// Adds tensors of random numbers to a file.
private struct TensorWriter {
    var writer: GGUFWriter
    var random: SeededRandom

    mutating func add(
        _ name: String, _ dimensions: [Int], type: TensorType = .f32, around center: Float = 0, spread: Float
    ) throws {
        let count = dimensions.reduce(1, *)
        var bytes: [UInt8] = []
        for _ in 0..<count {
            let number = center + Float.random(in: -spread...spread, using: &random)
            if type == .f16 {
                withUnsafeBytes(of: Float16(number).bitPattern.littleEndian) { bytes += Array($0) }
            } else {
                withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += Array($0) }
            }
        }
        try writer.add(tensor: name, type, dimensions.map(UInt64.init), bytes: bytes)
    }

    mutating func addLinear(_ name: String, _ inputs: Int, _ outputs: Int, hasBias: Bool = true) throws {
        try add("\(name).weight", [inputs, outputs], spread: 0.3)
        if hasBias { try add("\(name).bias", [outputs], spread: 0.1) }
    }

    mutating func addNorm(_ name: String, _ width: Int) throws {
        try add("\(name).weight", [width], around: 1, spread: 0.2)
        try add("\(name).bias", [width], spread: 0.2)
    }
}
