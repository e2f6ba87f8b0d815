/// A vector of length 1 in whole numbers of eight bits and one scale: a quarter of the bytes, and a cosine that is off by less
/// than a hundredth.
public struct QuantizedVector: Sendable, Equatable {
    /// -127 to 127, a multiple of sixteen of them, filled with zeros.
    public let codes: [Int8]
    /// What a code counts.
    public let scale: Float

    /// Codes are padded to this many, so that loops have no rest.
    public static let group = 16

    /// - Parameter vector: what is to be made smaller.
    public init(_ vector: UnitVector) {
        var largest: Float = 0
        for group in vector.groups { for place in 0..<8 { largest = max(largest, abs(group[place])) } }
        scale = largest / 127
        var codes: [Int8] = []
        codes.reserveCapacity(vector.dimensions + Self.group)
        for group in vector.groups {
            for place in 0..<8 { codes.append(Int8((group[place] / scale).rounded())) }
        }
        while codes.count % Self.group != 0 { codes.append(0) }
        self.codes = codes
    }

    /// The cosine of the angle between two vectors, nearly; 0 where they are not of one length.
    public func cosine(_ other: QuantizedVector) -> Float {
        guard codes.count == other.codes.count else { return 0 }
        return Float(dotProduct(codes.span, other.codes.span, 0)) * scale * other.scale
    }

    /// The scale in four bytes, little-endian, then the codes.
    public var bytes: [UInt8] {
        let bits = scale.bitPattern
        return stride(from: 0, to: 32, by: 8).map { UInt8(truncatingIfNeeded: bits >> $0) }
            + codes.map { UInt8(bitPattern: $0) }
    }

    /// - Parameter bytes: what `bytes` gave; `nil` for anything else.
    public init?(bytes: [UInt8]) {
        guard bytes.count > 4, (bytes.count - 4) % Self.group == 0, bytes.count <= UnitVector.dimensionsMax + 4 else {
            return nil
        }
        var bits: UInt32 = 0
        for place in 0..<4 { bits |= UInt32(bytes[place]) << UInt32(8 * place) }
        let scale = Float(bitPattern: bits)
        guard scale.isFinite, scale > 0 else { return nil }
        self.scale = scale
        codes = bytes[4...].map { Int8(bitPattern: $0) }
    }
}

/// The dot product of codes and the row of a table that begins at `start`.
///
/// - Parameters:
///   - codes: a multiple of ``QuantizedVector/group``.
///   - table: rows of as many codes, one behind the other.
///   - start: the row's first code.
/// - Returns: the sum of the products: at most 16,129 for each code, so that 16,384 codes fit 32 bits.
@inline(__always)
public func dotProduct(_ codes: Span<Int8>, _ table: Span<Int8>, _ start: Int) -> Int32 {
    precondition(start >= 0 && start + codes.count <= table.count, "a row lies in its table")
    var sum: Int32 = 0
    for place in 0..<codes.count {
        sum &+= Int32(codes[unchecked: place]) &* Int32(table[unchecked: start + place])
    }
    return sum
}
