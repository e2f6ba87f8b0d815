/// How a tensor's numbers are stored, with the numbers that stand for the types in the file (`ggml_type`).
///
/// Numbers that are missing here (4, 5, 31 to 33, 36 to 38) belonged to types that llama.cpp has removed. The cases are
/// spelled like the types' own names.
// swift-format-ignore: AlwaysUseLowerCamelCase
public enum TensorType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q8_1 = 9
    case q2K = 10
    case q3K = 11
    case q4K = 12
    case q5K = 13
    case q6K = 14
    case q8K = 15
    case iq2XXS = 16
    case iq2XS = 17
    case iq3XXS = 18
    case iq1S = 19
    case iq4NL = 20
    case iq3S = 21
    case iq2S = 22
    case iq4XS = 23
    case i8 = 24
    case i16 = 25
    case i32 = 26
    case i64 = 27
    case f64 = 28
    case iq1M = 29
    case bf16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case mxfp4 = 39
    case nvfp4 = 40
    case q1_0 = 41
    case q2_0 = 42

    /// Upper-case name, as llama.cpp and model names write it: "Q4_K", "F16".
    public var label: String { layout.label }

    /// Whether its numbers were rounded to few bits, in blocks that share scales: what F16 lost is not worth the word.
    public var isQuantized: Bool { blockLength > 1 }

    /// Numbers per block; a row holds whole blocks.
    public var blockLength: UInt64 { layout.blockLength }
    /// Bytes per block.
    public var blockBytes: UInt64 { layout.blockBytes }

    /// Source: `ggml_blck_size` and `ggml_type_size` of llama.cpp.
    private var layout: (label: String, blockLength: UInt64, blockBytes: UInt64) {
        switch self {
        case .f32: ("F32", 1, 4)
        case .f16: ("F16", 1, 2)
        case .q4_0: ("Q4_0", 32, 18)
        case .q4_1: ("Q4_1", 32, 20)
        case .q5_0: ("Q5_0", 32, 22)
        case .q5_1: ("Q5_1", 32, 24)
        case .q8_0: ("Q8_0", 32, 34)
        case .q8_1: ("Q8_1", 32, 36)
        case .q2K: ("Q2_K", 256, 84)
        case .q3K: ("Q3_K", 256, 110)
        case .q4K: ("Q4_K", 256, 144)
        case .q5K: ("Q5_K", 256, 176)
        case .q6K: ("Q6_K", 256, 210)
        case .q8K: ("Q8_K", 256, 292)
        case .iq2XXS: ("IQ2_XXS", 256, 66)
        case .iq2XS: ("IQ2_XS", 256, 74)
        case .iq3XXS: ("IQ3_XXS", 256, 98)
        case .iq1S: ("IQ1_S", 256, 50)
        case .iq4NL: ("IQ4_NL", 32, 18)
        case .iq3S: ("IQ3_S", 256, 110)
        case .iq2S: ("IQ2_S", 256, 82)
        case .iq4XS: ("IQ4_XS", 256, 136)
        case .i8: ("I8", 1, 1)
        case .i16: ("I16", 1, 2)
        case .i32: ("I32", 1, 4)
        case .i64: ("I64", 1, 8)
        case .f64: ("F64", 1, 8)
        case .iq1M: ("IQ1_M", 256, 56)
        case .bf16: ("BF16", 1, 2)
        case .tq1_0: ("TQ1_0", 256, 54)
        case .tq2_0: ("TQ2_0", 256, 66)
        case .mxfp4: ("MXFP4", 32, 17)
        case .nvfp4: ("NVFP4", 64, 36)
        case .q1_0: ("Q1_0", 128, 18)
        case .q2_0: ("Q2_0", 64, 18)
        }
    }
}
