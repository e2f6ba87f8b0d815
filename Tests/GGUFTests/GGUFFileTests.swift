import Foundation
import Testing

@testable import GGUF

@Suite struct GGUFFileTests {
    @Test func `the smallest file has nothing in it`() throws {
        let file = try HandMade().read()
        #expect(file.tensors.isEmpty && file.metadata.count == 0)
        #expect(file.dataOffset == 24 && file.alignment == 32)
        #expect(file.summary.quantization == nil && file.summary.parameterCount == 0)
    }

    @Test func `every value type is read`() throws {
        var made = HandMade(version: 2, metadata: 13)
        made.entry("u8", type: 0, [200])
        made.entry("i8", type: 1, [0xFF])
        made.entry("u16", type: 2, [1, 2])
        made.entry("i16", type: 3, [0xFE, 0xFF])
        made.entry("u32", type: 4, [1, 0, 0, 0x80])
        made.entry("i32", type: 5, [0, 0, 0, 0x80])
        made.entry("f32", type: 6, Float(1.5).bitPattern.littleEndianBytes)
        made.entry("yes", type: 7, [1])
        made.entry("text", type: 8, GGUFValue.string("héllo").littleEndianBytes)
        made.entry(
            "nested", type: 9, GGUFValue.array(GGUFArray(arrays: [GGUFArray([1, 2] as [UInt32])])).littleEndianBytes)
        made.entry("u64", type: 10, UInt64.max.littleEndianBytes)
        made.entry("i64", type: 11, Int64.min.littleEndianBytes)
        made.entry("f64", type: 12, Double(-0.25).bitPattern.littleEndianBytes)
        let metadata = try made.read().metadata
        #expect(metadata["u8"] == .uint8(200) && metadata["i8"] == .int8(-1))
        #expect(metadata["u16"] == .uint16(513) && metadata["i16"] == .int16(-2))
        #expect(metadata["u32"] == .uint32(0x8000_0001) && metadata["i32"] == .int32(.min))
        #expect(metadata["f32"] == .float32(1.5) && metadata["f64"] == .float64(-0.25))
        #expect(metadata["yes"]?.bool == true && metadata["text"]?.string == "héllo")
        #expect(metadata["u64"] == .uint64(.max) && metadata["u64"]?.integer == nil)
        #expect(metadata["i64"]?.integer == .min)
        #expect(metadata["nested"]?.array?[0].array?.integers == [1, 2])
        #expect(metadata.keys.first == "u8" && metadata.keys.last == "f64")
    }

    @Test func `tokens keep their exact bytes`() throws {
        var made = HandMade(metadata: 1)
        let tokens: [[UInt8]] = [[], [0xC3], Array("é".utf8), Array("e\u{301}".utf8)]
        made.entry("t", type: 9, GGUFValue.array(GGUFArray(byteStrings: tokens)).littleEndianBytes)
        let array = try #require(try made.read().metadata["t"]?.array)
        #expect(array.count == 4)
        #expect((0..<4).map { array.bytes(at: $0).map(Array.init) } == tokens)
        #expect(array.bytes(at: 4) == nil && array.bytes(at: -1) == nil)
        #expect(array[1] == .string("\u{FFFD}"))
    }

    @Test func `tensors may stand in any order and with gaps`() throws {
        var made = HandMade(tensors: 2)
        made.tensor("b", [2, 2], offset: 64)
        made.tensor("a", [32, 3], type: 8, offset: 96)
        made.pad(plus: 96 + 102)
        let file = try made.read()
        #expect(file.tensors.map(\.name) == ["b", "a"])
        #expect(file.tensors[1].byteRange.count == 102)
        #expect(file.tensors[1].elementCount == 96)
        #expect(file.summary.parameterCount == 100)
        #expect(file.summary.quantization == "Q8_0")
        #expect(violations(of: file).isEmpty)
    }

    @Test func `the committed model says what it is`() throws {
        let file = try GGUFFile.read(from: try FileBytes(path: Models.tinyChat))
        let summary = file.summary
        #expect(summary.architecture == "llama" && summary.name == "tiny-chat")
        #expect(summary.quantization == "Q8_0")
        #expect(summary.contextLength == 1024 && summary.vocabularySize == 1536)
        #expect(summary.embeddingLength == 160)
        #expect(summary.chatTemplate?.contains("<|im_start|>") == true)
        #expect((1_700_000...1_900_000).contains(summary.parameterCount))
        #expect(summary.tokenizerModel == "gpt2" || summary.tokenizerModel == "llama")
        #expect(file.metadata.ofArchitecture("context_length")?.integer == 1024)
        #expect(violations(of: file).isEmpty)
    }

    @Test func `weights are not read`() throws {
        let source = WatchedBytes(BytesInMemory(Array(try Data(contentsOf: URL(fileURLWithPath: Models.tinyChat)))))
        let file = try GGUFFile.read(from: source)
        #expect(source.farthest < file.dataOffset + 256 << 10)
        #expect(source.farthest < source.byteCount / 2)
    }

    @Test(.enabled(if: !Models.others.isEmpty, "no further model files lie beside the checkout"))
    func `real files are accepted`() throws {
        for path in Models.others {
            let file = try GGUFFile.read(from: try FileBytes(path: path))
            #expect(violations(of: file).isEmpty, "\(path)")
            #expect(file.summary.architecture != nil, "\(path)")
            #expect((file.summary.vocabularySize ?? 0) > 100, "\(path)")
        }
    }
}

@Suite struct FileBytesTests {
    @Test(arguments: ["/nonexistent/model.gguf", "/", "/dev/zero"])
    func `what is no readable file is refused`(path: String) {
        #expect { try FileBytes(path: path) } throws: { error in
            (error as? GGUFError)?.kind == .unreadable && (error as? GGUFError)?.field == path
        }
    }

    @Test func `a file that shrank while it was read is an error`() throws {
        #expect { try GGUFFile.read(from: ShortSource()) } throws: { error in
            (error as? GGUFError)?.kind == .unreadable
        }
    }

    private struct ShortSource: ByteSource {
        var byteCount: UInt64 { 1 << 20 }
        func read(offset: UInt64, count: Int) throws -> [UInt8] { Array("GGUF".utf8) }
    }
}

/// Bytes that remember how they were read, and whether anyone reached outside.
final class WatchedBytes: ByteSource {
    private let inner: BytesInMemory
    private(set) var farthest: UInt64 = 0
    private(set) var bytesRead = 0
    private(set) var didReachOutside = false

    init(_ inner: BytesInMemory) { self.inner = inner }

    var byteCount: UInt64 { inner.byteCount }

    func read(offset: UInt64, count: Int) throws -> [UInt8] {
        if count < 0 || offset > byteCount || UInt64(count) > byteCount - offset { didReachOutside = true }
        farthest = max(farthest, offset + UInt64(count))
        bytesRead += count
        return try inner.read(offset: offset, count: count)
    }
}
