import GGUF
import TestRandomness
import Testing

@testable import LlamaRuntime

@Suite struct FiniteWeightsTests {
    /// One number of a type that is no number, or infinite.
    private struct Damage: CustomTestStringConvertible {
        let type: TensorType
        let bits: UInt32
        var testDescription: String { "\(type.label) \(String(bits, radix: 16))" }
    }

    private static let damages = [
        Damage(type: .f32, bits: 0x7F80_0000), Damage(type: .f32, bits: 0xFF80_0000),
        Damage(type: .f32, bits: 0x7FC0_0000), Damage(type: .f32, bits: 0x7F80_0001),
        Damage(type: .f16, bits: 0x7C00), Damage(type: .f16, bits: 0xFC01), Damage(type: .bf16, bits: 0x7F80),
        Damage(type: .bf16, bits: 0xFFC0), Damage(type: .q8_0, bits: 0x7E00),
    ]

    /// A file with one tensor of `count` random finite numbers, and the tensor.
    private func file(_ type: TensorType, count: Int, seed: UInt64) throws -> (bytes: [UInt8], tensor: GGUFTensor) {
        var random = SeededRandom(seed: seed)
        var bytes: [UInt8] = []
        while bytes.count < count / Int(type.blockLength) * Int(type.blockBytes) {
            let number = Float.random(in: -1...1, using: &random) * (Bool.random(using: &random) ? 60_000 : 1e-4)
            switch type {
            case .f32: bytes += littleEndian(number.bitPattern)
            case .bf16: bytes += littleEndian(UInt16(number.bitPattern >> 16))
            case .f16: bytes += littleEndian(Float16(number).bitPattern)
            default:
                bytes += littleEndian(Float16(number).bitPattern)
                // Integers of a block may have any bits.
                bytes += (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
        }
        var writer = try GGUFWriter()
        try writer.set("general.architecture", .string("llama"))
        try writer.add(tensor: "weights", type, [UInt64(count)], bytes: bytes)
        let whole = try writer.bytes()
        return (whole, try #require(try GGUFFile.read(from: BytesInMemory(whole)).tensors.first))
    }

    private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    /// Gives what is left of a file that was cut while it was open.
    private struct CutFile: ByteSource {
        let bytes: [UInt8]
        var byteCount: UInt64 { UInt64(bytes.count) }
        func read(offset: UInt64, count: Int) -> [UInt8] { Array(bytes.dropFirst(Int(offset)).prefix(count)) }
    }

    @Test(arguments: damages) private func `one bad number is found wherever it is, and good ones pass`(
        damage: Damage
    ) throws {
        // More than are read at once.
        let count = damage.type == .q8_0 ? 4_096 : (1 << 18) + 96
        let made = try file(damage.type, count: count, seed: 5)
        let check = try #require(FiniteWeights(damage.type))
        #expect(try check.hold(in: made.tensor, of: BytesInMemory(made.bytes)))
        let step = Int(damage.type.blockBytes)
        let width = damage.type == .f32 ? 4 : 2
        let blocks = Int(made.tensor.byteRange.upperBound - made.tensor.byteRange.lowerBound) / step
        for place in [0, 1, blocks / 2, blocks - 1] {
            var bytes = made.bytes
            let start = Int(made.tensor.byteRange.lowerBound) + place * step
            bytes.replaceSubrange(start..<start + width, with: littleEndian(damage.bits).prefix(width))
            #expect(try !check.hold(in: made.tensor, of: BytesInMemory(bytes)), "number \(place) of \(blocks)")
        }
    }

    @Test func `a file that has become shorter is not finite`() throws {
        let made = try file(.f32, count: 64, seed: 6)
        let cut = CutFile(bytes: Array(made.bytes.prefix(Int(made.tensor.byteRange.lowerBound) + 8)))
        #expect(try #require(FiniteWeights(.f32)).hold(in: made.tensor, of: cut) == false)
    }

    @Test func `types that adapters do not have are not looked into`() {
        #expect(FiniteWeights(.q4_0) == nil)
        #expect(FiniteWeights(.i64) == nil)
    }
}
