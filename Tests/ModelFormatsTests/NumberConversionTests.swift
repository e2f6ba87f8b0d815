import TestRandomness
import Testing

@testable import ModelFormats

@Suite struct NumberConversionTests {
    @Test func `every half becomes the single that it is, and back`() {
        for bits in UInt16.min...UInt16.max {
            let expected = Float(Float16(bitPattern: bits))
            let found = Float(bitPattern: single(ofHalf: bits))
            if expected.isNaN {
                #expect(found.isNaN)
                #expect(half(of: found.bitPattern) & 0x7FFF > 0x7C00)
            } else {
                #expect(found == expected && found.sign == expected.sign)
                #expect(half(of: found.bitPattern) == bits)
            }
        }
    }

    @Test func `singles are rounded to the nearest half, ties to even`() {
        var random = SeededRandom(seed: 5)
        let edges: [Float] = [
            65504, 65519.996, 65520, 65536, 1e9, 5.9604645e-8, 2.9802322e-8, 2.9802326e-8, 6.1035156e-5, 6.0975552e-5,
            0, -0.0,
            .infinity, 1.0004883, 1.0014648, .leastNonzeroMagnitude,
        ]
        let numbers = (0..<200_000).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random)) }
        for number in edges + edges.map({ -$0 }) + numbers where !number.isNaN {
            #expect(half(of: number.bitPattern) == Float16(number).bitPattern, "\(number)")
        }
    }

    @Test func `singles are rounded to the nearest upper half`() {
        var random = SeededRandom(seed: 6)
        for _ in 0..<100_000 {
            let bits = UInt32.random(in: 0...UInt32.max, using: &random)
            let number = Float(bitPattern: bits)
            let found = Float(bitPattern: UInt32(brainHalf(of: bits)) << 16)
            if number.isNaN {
                #expect(found.isNaN)
                continue
            }
            let below = Float(bitPattern: bits & 0xFFFF_0000)
            let above = Float(bitPattern: (bits & 0xFFFF_0000) &+ 0x1_0000)
            let low = bits & 0xFFFF
            if low < 0x8000 || (low == 0x8000 && bits & 0x1_0000 == 0) {
                #expect(found == below)
            } else {
                #expect(found == above)
            }
        }
    }

    private func bytes(_ numbers: [Float]) -> [UInt8] { numbers.flatMap(\.littleEndianBytes) }

    @Test func `a number that does not fit is told, and what was infinite stays so`() {
        let toHalf = NumberConversion(source: .f32, target: .f16)
        #expect(toHalf.converted(bytes([1, 65504])) == [0, 0x3C, 0xFF, 0x7B])
        #expect(toHalf.converted(bytes([1, 65520])) == nil)
        #expect(toHalf.converted(bytes([-70000])) == nil)
        #expect(toHalf.converted(bytes([.infinity])) == [0, 0x7C])
        #expect(NumberConversion(source: .f32, target: .bf16).converted(bytes([.greatestFiniteMagnitude])) == nil)
        #expect(NumberConversion(source: .bf16, target: .f16).converted([0x00, 0x7F]) == nil)
        let double = Double(1e300).bitPattern
        let wide = (0..<8).map { UInt8(truncatingIfNeeded: double >> ($0 * 8)) }
        #expect(NumberConversion(source: .f64, target: .f32).converted(wide) == nil)
    }

    @Test func `numbers of one type stay as they are`() {
        let numbers: [UInt8] = [0x01, 0x7C, 0xFF, 0xFF]
        #expect(NumberConversion(source: .f16, target: .f16).converted(numbers) == numbers)
        #expect(NumberConversion(source: .bf16, target: .f32).converted([0x80, 0x3F]) == [0, 0, 0x80, 0x3F])
        #expect(NumberConversion(source: .f16, target: .f32).converted([0x00, 0x3C]) == [0, 0, 0x80, 0x3F])
    }

    // MARK: Blocks

    @Test func `32 numbers become a scale and bytes, rounded away from zero on a tie`() throws {
        let toBlocks = NumberConversion(source: .f32, target: .q8_0)
        // The scale is 1, so that each number is its byte.
        let numbers = [127, -127, 0.5, -0.5, 1.5, 2.4] + (0..<26).map { Float($0) }
        let block = try #require(toBlocks.converted(bytes(numbers)))
        let expected: [Int8] = [127, -127, 1, -1, 2, 2] + (0..<26).map { Int8($0) }
        #expect(block == [0x00, 0x3C] + expected.map(UInt8.init(bitPattern:)))
        #expect(toBlocks.converted(bytes(Array(repeating: 0, count: 64))) == Array(repeating: 0, count: 68))
    }

    @Test func `blocks are near what they stand for, from numbers of every type`() throws {
        var random = SeededRandom(seed: 7)
        let numbers = (0..<32).map { _ in Float(Float16(Float.random(in: -3...3, using: &random))) }
        let fromSingles = try #require(NumberConversion(source: .f32, target: .q8_0).converted(bytes(numbers)))
        let halves = numbers.flatMap { number in
            let bits = Float16(number).bitPattern
            return [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
        }
        #expect(NumberConversion(source: .f16, target: .q8_0).converted(halves) == fromSingles)
        let scale = Float(Float16(bitPattern: UInt16(fromSingles[0]) | UInt16(fromSingles[1]) << 8))
        let largest = numbers.map(abs).max() ?? 0
        for (index, number) in numbers.enumerated() {
            let found = Float(Int8(bitPattern: fromSingles[2 + index])) * scale
            #expect(abs(found - number) <= largest / 127 * 0.51 + largest / 2048)
        }
    }

    @Test func `what no block can hold is told`() {
        let toBlocks = NumberConversion(source: .f32, target: .q8_0)
        func block(with number: Float) -> [UInt8]? {
            toBlocks.converted(bytes([number] + Array(repeating: 1, count: 31)))
        }
        #expect(block(with: .nan) == nil && block(with: .infinity) == nil && block(with: -.infinity) == nil)
        #expect(block(with: 65536 * 127) == nil && block(with: 65504 * 127) != nil)
        let tiny = toBlocks.converted(bytes(Array(repeating: .leastNonzeroMagnitude, count: 32)))
        #expect(tiny == Array(repeating: 0, count: 34))
    }
}
