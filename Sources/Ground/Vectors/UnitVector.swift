/// A vector of length 1, in groups of eight numbers; the last group is filled with zeros.
public struct UnitVector: Sendable, Equatable {
    /// Longest that is taken.
    public static let dimensionsMax = 16_384

    public let groups: [SIMD8<Float>]

    /// - Parameter numbers: of any length but zero, one that is a number: else there is no direction, and `nil`.
    public init?(_ numbers: [Float]) {
        let square = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square.isFinite, square > 0, numbers.count <= Self.dimensionsMax else { return nil }
        let scale = Float(1 / square.squareRoot())
        groups = stride(from: 0, to: numbers.count, by: 8).map { start in
            var group = SIMD8<Float>()
            for place in start..<min(start + 8, numbers.count) { group[place - start] = numbers[place] * scale }
            return group
        }
    }

    /// How many numbers it has, with those that fill the last group.
    public var dimensions: Int { groups.count * 8 }

    /// The cosine of the angle between two vectors; 0 where they are not of one length.
    public func cosine(_ other: UnitVector) -> Float {
        guard groups.count == other.groups.count else { return 0 }
        return dotProduct(groups.span, other.groups.span, 0)
    }

    /// Little-endian numbers, as `init(bytes:)` reads them.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(groups.count * 32)
        for group in groups {
            for place in 0..<8 {
                let bits = group[place].bitPattern
                for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            }
        }
        return bytes
    }

    /// - Parameter bytes: what `bytes` gave; `nil` for anything else.
    public init?(bytes: [UInt8]) {
        guard bytes.count % 32 == 0, !bytes.isEmpty, bytes.count <= 4 * Self.dimensionsMax else { return nil }
        self.init(
            stride(from: 0, to: bytes.count, by: 4).map { place in
                var bits: UInt32 = 0
                for byte in 0..<4 { bits |= UInt32(bytes[place + byte]) << UInt32(8 * byte) }
                return Float(bitPattern: bits)
            })
    }
}

/// The dot product of a vector and the row of a table that begins at `start`.
///
/// - Parameters:
///   - vector: in groups of eight.
///   - table: rows of as many groups, one behind the other.
///   - start: the row's first group.
/// - Returns: the sum of the products.
public func dotProduct(_ vector: Span<SIMD8<Float>>, _ table: Span<SIMD8<Float>>, _ start: Int) -> Float {
    // Four sums, so that no addition waits for the one before it.
    var (a, b, c, d) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
    var place = 0
    while place + 4 <= vector.count {
        a.addProduct(vector[place], table[start + place])
        b.addProduct(vector[place + 1], table[start + place + 1])
        c.addProduct(vector[place + 2], table[start + place + 2])
        d.addProduct(vector[place + 3], table[start + place + 3])
        place += 4
    }
    while place < vector.count {
        a.addProduct(vector[place], table[start + place])
        place += 1
    }
    return ((a + b) + (c + d)).sum()
}

extension SIMD8<Float> {
    @inline(__always) fileprivate mutating func addProduct(_ left: Self, _ right: Self) { self += left * right }
}
