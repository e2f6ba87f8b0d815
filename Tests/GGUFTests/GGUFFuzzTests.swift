import Foundation
import TestRandomness
import Testing

@testable import GGUF

/// Damaged headers: never a trap, never a read outside the file, and what is accepted is sound.
@Suite struct GGUFFuzzTests {
    /// A small file with every kind of entry, so that every byte of its header can be tried.
    private func small() throws -> [UInt8] {
        var writer = try GGUFWriter(alignment: 64)
        try writer.set("general.architecture", .string("llama"))
        try writer.set("llama.context_length", .uint32(512))
        try writer.set("flag", .bool(true))
        try writer.set("tokens", .array(GGUFArray(["a", "bc", "def", ""])))
        try writer.set("scores", .array(GGUFArray([0.5, 1] as [Float])))
        try writer.set("nested", .array(GGUFArray(arrays: [GGUFArray([1] as [Int32]), GGUFArray(["x"])])))
        try writer.add(tensor: "one", .f32, [4, 2], bytes: [UInt8](repeating: 1, count: 32))
        try writer.add(tensor: "two", .q8_0, [64, 2, 1], bytes: [UInt8](repeating: 2, count: 136))
        return try writer.bytes()
    }

    /// Reads damaged bytes; answers whether they were accepted.
    private func survives(_ bytes: [UInt8], _ what: @autoclosure () -> String) -> Bool {
        let source = WatchedBytes(BytesInMemory(bytes))
        var isAccepted = false
        do {
            let file = try GGUFFile.read(from: source)
            isAccepted = true
            let found = violations(of: file)
            if !found.isEmpty { Issue.record("\(what()): \(found)") }
            _ = file.summary
        } catch {
            if error.description.isEmpty { Issue.record("\(what()): no sentence") }
        }
        if source.didReachOutside { Issue.record("\(what()): a read outside the file") }
        // The window is read again at most once per byte of an oversized value.
        if source.bytesRead > 2 * bytes.count + 1024 { Issue.record("\(what()): \(source.bytesRead) bytes read") }
        return isAccepted
    }

    @Test func `a header cut at any byte is refused`() throws {
        let bytes = try small()
        let dataOffset = Int(try GGUFFile.read(from: BytesInMemory(bytes)).dataOffset)
        for length in 0..<dataOffset {
            #expect(!survives(Array(bytes[..<length]), "cut at \(length)"))
        }
    }

    @Test func `the committed model cut anywhere is refused`() throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: Models.tinyChat)))
        let dataOffset = Int(try GGUFFile.read(from: BytesInMemory(bytes)).dataOffset)
        let lengths = Array(0..<1024) + Array(stride(from: 1024, to: dataOffset, by: 499)) + [bytes.count - 4096]
        for length in lengths { #expect(!survives(Array(bytes[..<length]), "cut at \(length)")) }
    }

    @Test func `every bit of a small header may flip`() throws {
        let bytes = try small()
        let dataOffset = Int(try GGUFFile.read(from: BytesInMemory(bytes)).dataOffset)
        var accepted = 0
        for position in 0..<dataOffset {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << bit
                if survives(damaged, "bit \(bit) of byte \(position)") { accepted += 1 }
            }
        }
        // Letters of names and values may change; lengths, types and offsets may not.
        #expect(accepted > 0 && accepted < dataOffset * 8)
    }

    @Test func `every number of a small header may become an extreme one`() throws {
        let bytes = try small()
        let dataOffset = Int(try GGUFFile.read(from: BytesInMemory(bytes)).dataOffset)
        let extremes: [UInt64] = [
            0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 32, 1 << 61, 1 << 62, 1 << 63, .max - 31, .max / 8, .max / 4, .max,
        ]
        for position in 0..<dataOffset - 8 {
            for extreme in extremes {
                var damaged = bytes
                damaged.replaceSubrange(position..<position + 8, with: extreme.littleEndianBytes)
                _ = survives(damaged, "\(extreme) at byte \(position)")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `the committed model with damaged bytes never stops the reader`(seed: UInt64) throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: Models.tinyChat)))
        let file = try GGUFFile.read(from: BytesInMemory(whole))
        let directory = Int(file.dataOffset) - 4096
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for round in 0..<400 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // The counts, the first keys, anywhere, and the tensor directory.
                let places = [0..<24, 24..<2048, 0..<Int(file.dataOffset), directory..<Int(file.dataOffset) - 8]
                let position = Int.random(in: places[Int.random(in: 0..<4, using: &random)], using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: damaged[position] = UInt8.random(in: 0...255, using: &random)
                case 2:
                    let value =
                        UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0..<64, using: &random)
                    damaged.replaceSubrange(position..<position + 8, with: value.littleEndianBytes)
                default:
                    let other = Int.random(in: directory..<Int(file.dataOffset) - 8, using: &random)
                    for step in 0..<8 { damaged.swapAt(position + step, other + step) }
                }
            }
            if survives(damaged, "seed \(seed), round \(round)") { accepted += 1 }
        }
        #expect(accepted < 400)
    }
}
