import GGUF

/// The types that a conversion writes matrices in. Vectors and norms are always F32.
// The cases are spelled like the types' own names.
// swift-format-ignore: AlwaysUseLowerCamelCase
public enum ConversionType: String, Sendable, CaseIterable {
    case f32
    case f16
    case bf16
    /// 32 numbers share a scale; F16 for a matrix whose rows are not made of such blocks.
    case q8_0

    var tensorType: TensorType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .q8_0: .q8_0
        }
    }

    /// What a matrix with rows of this length is written in.
    func fitting(rowLength: Int) -> ConversionType {
        UInt64(rowLength).isMultiple(of: tensorType.blockLength) ? self : .f16
    }

    /// `general.file_type`. Source: `llama_ftype` of llama.cpp.
    var fileType: UInt32 {
        switch self {
        case .f32: 0
        case .f16: 1
        case .bf16: 32
        case .q8_0: 7
        }
    }
}

/// The types of numbers that a checkpoint's weights may have.
enum NumberType {
    case f32
    case f16
    case bf16
    case f64

    /// `nil` for whole numbers, and for the small floating-point types, which need scales of their own.
    init?(_ type: SafeTensorsType) {
        switch type {
        case .f32: self = .f32
        case .f16: self = .f16
        case .bf16: self = .bf16
        case .f64: self = .f64
        default: return nil
        }
    }

    var byteCount: Int {
        switch self {
        case .f16, .bf16: 2
        case .f32: 4
        case .f64: 8
        }
    }
}
