import GGUF

/// The way to tell numbers that are infinite or none in the bytes of weights. One of them would make every logit of an
/// answer one, and reading all of them once, while an adapter is loaded, costs less than one such answer.
struct FiniteWeights {
    /// Bytes from one number to the next.
    private let stride: Int
    /// Which of them holds the sign and the highest bits of the exponent.
    private let high: Int
    /// The exponent's bits in that byte, and in the one before it. All of them set is infinity, or no number.
    private let masks: (high: UInt8, low: UInt8)

    private static let numbersAtOnce = 1 << 18

    /// - Parameter type: how the numbers are written; `nil` for types that this cannot look into.
    init?(_ type: TensorType) {
        switch type {
        case .f32: (stride, high, masks) = (4, 3, (0x7F, 0x80))
        case .bf16: (stride, high, masks) = (2, 1, (0x7F, 0x80))
        case .f16: (stride, high, masks) = (2, 1, (0x7C, 0))
        // A block's scale is a float of 16 bits, and what it scales are integers.
        case .q8_0: (stride, high, masks) = (Int(type.blockBytes), 1, (0x7C, 0))
        default: return nil
        }
    }

    /// - Parameters:
    ///   - tensor: of this type.
    ///   - file: where its bytes are.
    /// - Returns: whether every number is finite.
    /// - Throws: what reading throws.
    func hold(in tensor: GGUFTensor, of file: some ByteSource) throws -> Bool {
        var offset = tensor.byteRange.lowerBound
        while offset < tensor.byteRange.upperBound {
            let left = tensor.byteRange.upperBound - offset
            let bytes = try file.read(offset: offset, count: Int(min(left, UInt64(stride * Self.numbersAtOnce))))
            guard !bytes.isEmpty else { return false }  // The file has become shorter.
            var place = high
            while place < bytes.count {
                if bytes[place] & masks.high == masks.high, bytes[place - 1] & masks.low == masks.low { return false }
                place += stride
            }
            offset += UInt64(bytes.count)
        }
        return true
    }
}
