extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] {
        stride(from: 0, to: Self.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: self >> Self($0)) }
    }
}

extension GGUFValue {
    /// The value as it stands in the file, after its type.
    var littleEndianBytes: [UInt8] {
        switch self {
        case .uint8(let value): value.littleEndianBytes
        case .int8(let value): value.littleEndianBytes
        case .uint16(let value): value.littleEndianBytes
        case .int16(let value): value.littleEndianBytes
        case .uint32(let value): value.littleEndianBytes
        case .int32(let value): value.littleEndianBytes
        case .float32(let value): value.bitPattern.littleEndianBytes
        case .bool(let flag): [flag ? 1 : 0]
        case .string(let text): UInt64(text.utf8.count).littleEndianBytes + text.utf8
        case .array(let array): array.head + array.payload
        case .uint64(let value): value.littleEndianBytes
        case .int64(let value): value.littleEndianBytes
        case .float64(let value): value.bitPattern.littleEndianBytes
        }
    }
}
