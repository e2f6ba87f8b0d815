import GGUF
import TestRandomness

/// Writes tensors of random 32-bit floats into a model file.
struct TinyWeights {
    private(set) var writer: GGUFWriter
    private var random: SeededRandom
    /// Numbers that stand for a token.
    let embedding: Int

    init(_ writer: GGUFWriter, seed: UInt64, embedding: Int) {
        self.writer = writer
        random = SeededRandom(seed: seed)
        self.embedding = embedding
    }

    /// A matrix that keeps the size of what it is multiplied with, times `gain`.
    mutating func matrix(_ name: String, _ length: Int, _ rows: Int, gain: Float = 1) throws {
        let deviation = gain / Float(length).squareRoot()
        try add(name, [length, rows], (0..<length * rows).map { _ in bell() * deviation })
    }

    /// One row for each token. Rows of all but signs are next to nothing, so that only signs are ever likely.
    mutating func tokens(_ name: String, deviation: Float) throws {
        let numbers = (0..<TinyVocabulary.count * embedding).map { index in
            bell() * (index / embedding >= TinyVocabulary.firstSign ? deviation : deviation / 1_000)
        }
        try add(name, [embedding, TinyVocabulary.count], numbers)
    }

    mutating func constant(_ name: String, _ dimensions: [Int], _ value: Float) throws {
        try add(name, dimensions, [Float](repeating: value, count: dimensions.reduce(1, *)))
    }

    /// Evenly spread numbers.
    mutating func even(_ name: String, _ dimensions: [Int], _ range: ClosedRange<Float>) throws {
        let count = dimensions.reduce(1, *)
        try add(name, dimensions, (0..<count).map { _ in Float.random(in: range, using: &random) })
    }

    private mutating func add(_ name: String, _ dimensions: [Int], _ numbers: [Float]) throws {
        let bytes = numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> ($0 * 8)) }
        }
        try writer.add(tensor: name, .f32, dimensions.map(UInt64.init), bytes: bytes)
    }

    /// Mean 0, deviation 1 and about the shape of a bell: the sum of the four quarters of a random number.
    private mutating func bell() -> Float {
        let bits = random.next()
        let sum = UInt32(bits & 0xFFFF) + UInt32(bits >> 16 & 0xFFFF) + UInt32(bits >> 32 & 0xFFFF) + UInt32(bits >> 48)
        return (Float(sum) - 131_070) / 37_837
    }
}
