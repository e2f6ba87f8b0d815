/// The types of metadata values, with the numbers that stand for them in the file (`gguf_type`).
public enum GGUFValueType: UInt32, Sendable, CaseIterable {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// Size of one value in bytes, or `nil` for strings and arrays, which carry their length.
    public var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }
}

/// One metadata value.
public enum GGUFValue: Sendable, Equatable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    case array(GGUFArray)
    case uint64(UInt64)
    case int64(Int64)
    case float64(Double)

    public var type: GGUFValueType {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .float32: .float32
        case .bool: .bool
        case .string: .string
        case .array: .array
        case .uint64: .uint64
        case .int64: .int64
        case .float64: .float64
        }
    }

    /// The value of any of the integer types, or `nil`; also `nil` for what does not fit 64 signed bits.
    public var integer: Int64? {
        switch self {
        case .uint8(let value): Int64(value)
        case .int8(let value): Int64(value)
        case .uint16(let value): Int64(value)
        case .int16(let value): Int64(value)
        case .uint32(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .uint64(let value): Int64(exactly: value)
        case .int64(let value): value
        default: nil
        }
    }

    /// The value of any of the number types. Integers beyond 2^53 lose precision.
    public var number: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        case .uint64(let value): Double(value)
        default: integer.map(Double.init)
        }
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    public var array: GGUFArray? { if case .array(let array) = self { array } else { nil } }

    /// Reads a value of a type with a fixed size from little-endian bytes. `nil` for the other types, for too few bytes,
    /// and for a boolean that is neither 0 nor 1.
    init?(_ type: GGUFValueType, littleEndian bytes: ArraySlice<UInt8>) {
        guard let size = type.byteCount, bytes.count >= size else { return nil }
        let bits = bytes.prefix(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch type {
        case .uint8: self = .uint8(UInt8(truncatingIfNeeded: bits))
        case .int8: self = .int8(Int8(truncatingIfNeeded: bits))
        case .uint16: self = .uint16(UInt16(truncatingIfNeeded: bits))
        case .int16: self = .int16(Int16(truncatingIfNeeded: bits))
        case .uint32: self = .uint32(UInt32(truncatingIfNeeded: bits))
        case .int32: self = .int32(Int32(truncatingIfNeeded: bits))
        case .float32: self = .float32(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .uint64: self = .uint64(bits)
        case .int64: self = .int64(Int64(bitPattern: bits))
        case .float64: self = .float64(Double(bitPattern: bits))
        case .bool:
            guard bits <= 1 else { return nil }
            self = .bool(bits == 1)
        case .string, .array: return nil
        }
    }
}
