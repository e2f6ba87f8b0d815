import TestRandomness
import Testing
import Vectors

@Suite struct VectorTests {
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    private func cosine(_ left: [Float], _ right: [Float]) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        return dot(left, right) / (dot(left, left) * dot(right, right)).squareRoot()
    }

    @Test(arguments: [1, 7, 8, 31, 64, 384, 1_000]) func `cosines are those of the numbers`(count: Int) throws {
        let (left, right) = (numbers(count, seed: 1), numbers(count, seed: 2))
        let (first, second) = (try #require(UnitVector(left)), try #require(UnitVector(right)))
        #expect(abs(Double(first.cosine(second)) - cosine(left, right)) < 1e-5)
        #expect(abs(first.cosine(first) - 1) < 1e-5)
    }

    @Test(arguments: [8, 100, 384, 768]) func `eight bits are off by less than a hundredth`(count: Int) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            let (left, right) = (numbers(count, seed: seed), numbers(count, seed: seed + 100))
            let first = QuantizedVector(try #require(UnitVector(left)))
            let second = QuantizedVector(try #require(UnitVector(right)))
            #expect(abs(Double(first.cosine(second)) - cosine(left, right)) < 0.01)
            #expect(abs(first.cosine(first) - 1) < 0.01)
        }
    }

    @Test func `vectors of different lengths have nothing in common`() throws {
        let (short, long) = (try #require(UnitVector([1, 0])), try #require(UnitVector(numbers(384, seed: 1))))
        #expect(short.cosine(long) == 0)
        #expect(QuantizedVector(short).cosine(QuantizedVector(long)) == 0)
    }

    @Test func `what has no direction is no vector`() {
        #expect(UnitVector([]) == nil)
        #expect(UnitVector([0, 0, 0]) == nil)
        #expect(UnitVector([.nan, 1]) == nil)
        #expect(UnitVector([.infinity, 1]) == nil)
        #expect(UnitVector([Float](repeating: 1, count: UnitVector.dimensionsMax + 1)) == nil)
    }

    @Test func `bytes come back`() throws {
        let vector = try #require(UnitVector(numbers(384, seed: 3)))
        #expect(abs(try #require(UnitVector(bytes: vector.bytes)).cosine(vector) - 1) < 1e-6)
        let small = QuantizedVector(vector)
        #expect(QuantizedVector(bytes: small.bytes) == small)
        #expect(small.bytes.count == 388)
    }

    @Test func `bytes that are no vector are refused`() throws {
        #expect(UnitVector(bytes: [1, 2, 3]) == nil)
        #expect(UnitVector(bytes: []) == nil)
        #expect(QuantizedVector(bytes: []) == nil)
        #expect(QuantizedVector(bytes: [0, 0, 0, 0] + [UInt8](repeating: 1, count: 16)) == nil, "no scale")
        #expect(QuantizedVector(bytes: [0, 0, 128, 63] + [UInt8](repeating: 1, count: 15)) == nil, "no whole group")
        #expect(QuantizedVector(bytes: [0, 0, 128, 63] + [UInt8](repeating: 1, count: 16)) != nil)
    }
}
