/// Turns numbers of one type into another, in the order in which they stand. Rounds to nearest, ties to even, as NumPy and
/// ggml do; `Q8Blocks` says how it is with blocks.
struct NumberConversion {
    let source: NumberType
    let target: ConversionType

    /// The numbers of `bytes` in the target's type, little endian.
    ///
    /// - Parameter bytes: whole numbers of the source's type, in whole blocks of the target's.
    /// - Returns: `nil` when a finite number does not fit the target.
    func converted(_ bytes: [UInt8]) -> [UInt8]? {
        switch (source, target) {
        case (.f32, .f32), (.f16, .f16), (.bf16, .bf16): return bytes
        case (.f32, .f16): return map(bytes, UInt32.self) { half(of: $0) }
        case (.f32, .bf16): return map(bytes, UInt32.self) { brainHalf(of: $0) }
        case (.f16, .f32): return map(bytes, UInt16.self) { single(ofHalf: $0) }
        case (.f16, .bf16): return map(bytes, UInt16.self) { brainHalf(of: single(ofHalf: $0)) }
        case (.bf16, .f32): return map(bytes, UInt16.self) { UInt32($0) << 16 }
        case (.bf16, .f16): return map(bytes, UInt16.self) { half(of: UInt32($0) << 16) }
        case (.f64, .f32): return map(bytes, UInt64.self) { single(ofDouble: $0) }
        case (.f64, .f16): return map(bytes, UInt64.self) { half(of: single(ofDouble: $0)) }
        case (.f64, .bf16): return map(bytes, UInt64.self) { brainHalf(of: single(ofDouble: $0)) }
        case (_, .q8_0):
            guard let singles = NumberConversion(source: source, target: .f32).converted(bytes) else { return nil }
            return Q8Blocks.quantized(singles)
        }
    }

    /// `nil` when a number that was finite is infinite now.
    private func map<From: FixedWidthInteger, To: FixedWidthInteger>(
        _ bytes: [UInt8], _: From.Type, _ convert: (From) -> To
    ) -> [UInt8]? {
        let count = bytes.count / MemoryLayout<From>.size
        var infinite: To = 0
        let result = bytes.withUnsafeBytes { input in
            [UInt8](unsafeUninitializedCapacity: count * MemoryLayout<To>.size) { output, filled in
                let target = UnsafeMutableRawBufferPointer(output)
                for index in 0..<count {
                    let number = From(
                        littleEndian: input.loadUnaligned(
                            fromByteOffset: index * MemoryLayout<From>.size, as: From.self))
                    let converted = convert(number)
                    infinite |= overflow(number, converted)
                    target.storeBytes(
                        of: converted.littleEndian, toByteOffset: index * MemoryLayout<To>.size, as: To.self)
                }
                filled = count * MemoryLayout<To>.size
            }
        }
        return infinite == 0 ? result : nil
    }

    /// 1 when `after` is infinite and `before` was a finite number.
    @inline(__always)
    private func overflow<From: FixedWidthInteger, To: FixedWidthInteger>(_ before: From, _ after: To) -> To {
        let afterMask = To(truncatingIfNeeded: target.magnitudeMask)
        let afterInfinity = To(truncatingIfNeeded: target.infinity)
        let beforeInfinity = From(truncatingIfNeeded: source.infinity)
        let beforeMask = From(truncatingIfNeeded: source.magnitudeMask)
        return (after & afterMask) == afterInfinity && (before & beforeMask) < beforeInfinity ? 1 : 0
    }
}

extension NumberType {
    fileprivate var infinity: UInt64 {
        switch self {
        case .f16: 0x7C00
        case .bf16: 0x7F80
        case .f32: 0x7F80_0000
        case .f64: 0x7FF0_0000_0000_0000
        }
    }

    fileprivate var magnitudeMask: UInt64 { (1 << (UInt64(byteCount) * 8 - 1)) - 1 }
}

extension ConversionType {
    fileprivate var infinity: UInt64 {
        switch self {
        case .f16: 0x7C00
        case .bf16: 0x7F80
        // Numbers become blocks by way of F32.
        case .f32, .q8_0: 0x7F80_0000
        }
    }

    fileprivate var magnitudeMask: UInt64 { self == .f32 ? 0x7FFF_FFFF : 0x7FFF }
}

// The bit patterns of numbers in, those of others out. Without branches on the numbers, so that compilers make vectors of
// the loops above. Source: F. Giesen, "Half to float done quick" and its inverse (2012).

/// Half precision, rounded to nearest, ties to even; too large ones become infinite.
@inline(__always)
func half(of bits: UInt32) -> UInt16 {
    let sign = bits & 0x8000_0000
    let magnitude = bits ^ sign
    // Normal numbers: the exponent is 112 less, and 13 bits go.
    let odd = (magnitude >> 13) & 1
    let normal = (magnitude &- (112 << 23) &+ 0xFFF &+ odd) >> 13
    // Small ones: the adder does the rounding, when the last bit is made that of the smallest half.
    let magic: UInt32 = 126 << 23
    let small = (Float(bitPattern: magnitude) + Float(bitPattern: magic)).bitPattern &- magic
    let special: UInt32 = magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00
    let result = magnitude >= 143 << 23 ? special : magnitude < 113 << 23 ? small : normal
    return UInt16(truncatingIfNeeded: result | sign >> 16)
}

/// Exact.
@inline(__always)
func single(ofHalf bits: UInt16) -> UInt32 {
    let sign = UInt32(bits & 0x8000) << 16
    let shifted = UInt32(bits & 0x7FFF) << 13
    let exponent = shifted & 0x0F80_0000
    let normal = shifted &+ (112 << 23)
    let magic: UInt32 = 113 << 23
    let small = (Float(bitPattern: shifted &+ magic) - Float(bitPattern: magic)).bitPattern
    let special = shifted &+ (224 << 23)
    return sign | (exponent == 0x0F80_0000 ? special : exponent == 0 ? small : normal)
}

/// The upper half of single precision, rounded to nearest, ties to even; what is no number stays none.
@inline(__always)
func brainHalf(of bits: UInt32) -> UInt16 {
    let rounded = (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16
    let quiet = bits >> 16 | 0x40
    return UInt16(truncatingIfNeeded: bits & 0x7FFF_FFFF > 0x7F80_0000 ? quiet : rounded)
}

@inline(__always)
private func single(ofDouble bits: UInt64) -> UInt32 { Float(Double(bitPattern: bits)).bitPattern }
