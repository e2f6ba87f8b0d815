/// Rows of random numbers as Q8_0 blocks: 32 numbers share a 16-bit scale and have 8 bits each.
///
/// Source: `block_q8_0` and `quantize_row_q8_0_ref` of ggml: scale = largest magnitude / 127, numbers rounded to it.
enum RandomWeights {
    private static let blockLength = 32
    /// Rows are given on in pieces of about this many bytes.
    private static let pieceBytes = 1 << 20

    /// - Parameters:
    ///   - rows: rows of the matrix.
    ///   - length: numbers in a row, a multiple of 32.
    ///   - seed: the same seed makes the same numbers.
    ///   - deviation: the standard deviation of a row.
    ///   - emit: takes the next piece.
    /// - Throws: what `emit` throws.
    static func emit(
        rows: Int, length: Int, seed: UInt64, deviation: (Int) -> Float, to emit: ([UInt8]) throws -> Void
    ) throws {
        var random = BellRandom(seed: seed)
        var piece: [UInt8] = []
        for row in 0..<rows {
            let deviation = deviation(row)
            for _ in 0..<length / blockLength {
                appendBlock((0..<blockLength).map { _ in random.next() * deviation }, to: &piece)
            }
            if piece.count >= pieceBytes {
                try emit(piece)
                piece.removeAll(keepingCapacity: true)
            }
        }
        try emit(piece)
    }

    /// The same, where each row has a seed of its own, so that it can be had again in another place.
    static func emit(
        rows: Int, length: Int, deviation: (Int) -> Float, seed: (Int) -> UInt64, to emit: ([UInt8]) throws -> Void
    ) throws {
        for start in stride(from: 0, to: rows, by: 4_096) {
            var piece: [UInt8] = []
            for row in start..<min(start + 4_096, rows) {
                var random = BellRandom(seed: seed(row))
                let deviation = deviation(row)
                for _ in 0..<length / blockLength {
                    appendBlock((0..<blockLength).map { _ in random.next() * deviation }, to: &piece)
                }
            }
            try emit(piece)
        }
    }

    private static func appendBlock(_ numbers: [Float], to piece: inout [UInt8]) {
        let largest = numbers.reduce(0) { max($0, abs($1)) }
        let scale = Float16(largest / 127)
        let bits = scale.bitPattern
        piece.append(UInt8(truncatingIfNeeded: bits))
        piece.append(UInt8(truncatingIfNeeded: bits >> 8))
        let inverse = scale > 0 ? 1 / Float(scale) : 0
        for number in numbers {
            let rounded = (number * inverse).rounded().clamped(to: -127...127)
            piece.append(UInt8(bitPattern: Int8(rounded)))
        }
    }
}

/// Numbers with mean 0, deviation 1 and the shape of a bell: the sum of the four quarters of a random number.
struct BellRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> Float {
        let bits = nextBits()
        let sum = (0..<4).reduce(UInt32(0)) { $0 + UInt32((bits >> UInt64($1 * 16)) & 0xFFFF) }
        // Four even numbers of 0 ... 65535: mean 4 * 32767.5, deviation 65536 * sqrt(4 / 12).
        return (Float(sum) - 131_070) / 37_837.2
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func nextBits() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Float {
    fileprivate func clamped(to range: ClosedRange<Float>) -> Float {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
