import GGUF

/// The types that a conversion writes matrices in. Vectors and norms are always F32.
public enum ConversionType: String, Sendable, CaseIterable {
    case f32
    case f16
    case bf16

    var tensorType: TensorType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        }
    }

    /// `general.file_type`. Source: `llama_ftype` of llama.cpp.
    var fileType: UInt32 {
        switch self {
        case .f32: 0
        case .f16: 1
        case .bf16: 32
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
