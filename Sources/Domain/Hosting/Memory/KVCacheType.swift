internal import GGUF

/// How keys and values are stored in the key-value cache, by llama.cpp's names (`--cache-type-k`, `--cache-type-v`).
public enum KVCacheType: String, Sendable, Hashable, CaseIterable {
    case f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl

    /// Whether several numbers share a scale. Values of such a type need flash attention.
    public var isQuantized: Bool { tensorType.blockLength > 1 }

    /// Bytes of a row of so many numbers; rows are whole blocks.
    public func bytes(ofRow count: UInt64) -> UInt64 {
        let blocks = (count + tensorType.blockLength - 1) / tensorType.blockLength
        return blocks * tensorType.blockBytes
    }

    private var tensorType: TensorType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .q8_0: .q8_0
        case .q5_1: .q5_1
        case .q5_0: .q5_0
        case .q4_1: .q4_1
        case .q4_0: .q4_0
        case .iq4_nl: .iq4NL
        }
    }
}
