import Foundation
import Testing

@testable import GGUF

@Suite struct GGUFWriterTests {
    private func sample(alignment: UInt64) throws -> GGUFWriter {
        var writer = try GGUFWriter(alignment: alignment)
        try writer.set("general.architecture", .string("qwen2"))
        try writer.set("general.name", .string("größer"))
        try writer.set("general.file_type", .uint32(15))
        try writer.set("qwen2.context_length", .uint32(32_768))
        try writer.set("qwen2.embedding_length", .uint32(896))
        try writer.set("qwen2.block_count", .uint32(24))
        try writer.set("qwen2.attention.head_count", .uint32(14))
        try writer.set("qwen2.attention.head_count_kv", .array(GGUFArray([2, 4, 2] as [UInt32])))
        try writer.set("qwen2.rope.freq_base", .float32(1_000_000))
        try writer.set("tokenizer.ggml.model", .string("gpt2"))
        try writer.set("tokenizer.ggml.tokens", .array(GGUFArray(["a", "", "日本"])))
        try writer.set("tokenizer.ggml.scores", .array(GGUFArray([0, -1.5, .infinity] as [Float])))
        try writer.set("tokenizer.ggml.eos_token_id", .uint32(2))
        try writer.set("tokenizer.ggml.add_bos_token", .bool(false))
        try writer.set("big", .uint64(.max))
        try writer.set("small", .int64(.min))
        try writer.set("fine", .float64(.pi))
        try writer.add(tensor: "token_embd.weight", .f32, [5, 3], bytes: [UInt8](repeating: 1, count: 60))
        try writer.add(tensor: "blk.0.attn_q.weight", .q4K, [256, 2]) { emit in
            for _ in 0..<2 { try emit([UInt8](repeating: 2, count: 144)) }
        }
        try writer.add(tensor: "norm", .bf16, [1], bytes: [3, 3])
        return writer
    }

    @Test(arguments: [1, 32, 4096] as [UInt64])
    func `what is written is read again`(alignment: UInt64) throws {
        let bytes = try sample(alignment: alignment).bytes()
        let file = try GGUFFile.read(from: BytesInMemory(bytes))
        #expect(file.version == 3 && file.alignment == alignment)
        #expect(file.metadata["fine"] == .float64(.pi) && file.metadata["small"] == .int64(.min))
        #expect(file.metadata["tokenizer.ggml.tokens"]?.array?.strings == ["a", "", "日本"])
        #expect(file.metadata["tokenizer.ggml.scores"]?.array?.numbers == [0, -1.5, .infinity])
        #expect(file.tensors.map(\.name) == ["token_embd.weight", "blk.0.attn_q.weight", "norm"])
        for (tensor, byte) in zip(file.tensors, [1, 2, 3] as [UInt8]) {
            let range = Int(tensor.byteRange.lowerBound)..<Int(tensor.byteRange.upperBound)
            #expect(bytes[range].allSatisfy { $0 == byte })
        }
        #expect(violations(of: file).isEmpty)
        let summary = file.summary
        #expect(summary.quantization == "Q4_K_M" && summary.keyValueHeadCount == 4 && summary.headCount == 14)
        #expect(summary.eosTokenID == 2 && summary.bosTokenID == nil && summary.chatTemplate == nil)
        #expect(summary.parameterCount == 15 + 512 + 1)
    }

    @Test func `what no reader would take is refused`() throws {
        #expect(throws: GGUFError.self) { try GGUFWriter(alignment: 24) }
        var writer = try GGUFWriter()
        try writer.set("a", .bool(true))
        #expect { try writer.set("a", .bool(false)) } throws: { ($0 as? GGUFError)?.kind == .duplicateName }
        #expect { try writer.set("", .bool(false)) } throws: { ($0 as? GGUFError)?.kind == .invalidName }
        #expect { try writer.add(tensor: "t", .q8_0, [33], bytes: []) } throws: {
            ($0 as? GGUFError)?.kind == .invalidShape
        }
    }

    @Test(arguments: [3, 5]) func `data of the wrong size is an error`(count: Int) throws {
        var writer = try GGUFWriter()
        try writer.add(tensor: "t", .f32, [1], bytes: [UInt8](repeating: 0, count: count))
        #expect { try writer.bytes() } throws: { ($0 as? GGUFError)?.kind == .wrongDataSize }
    }

    private static let python = ProcessInfo.processInfo.environment["NEXUS_PYTHON"]

    @Test(.enabled(if: python != nil, "NEXUS_PYTHON names no Python with the package gguf"), arguments: [true, false])
    func `the reference reader sees the same file`(isWritten: Bool) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gguf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var path = Models.tinyChat
        if isWritten {
            path = folder.appending(path: "written.gguf").path
            try Data(try sample(alignment: 64).bytes()).write(to: URL(fileURLWithPath: path))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = ["-c", Self.script, path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(text == listing(try GGUFFile.read(from: try FileBytes(path: path))))
    }

    private static let script = """
        import sys
        from gguf import GGUFReader
        reader = GGUFReader(sys.argv[1])
        for key, field in reader.fields.items():
            if not key.startswith("GGUF."):
                print(key, field.types[0].value, len(field.data) if field.types[0].name == "ARRAY" else 1)
        for tensor in reader.tensors:
            shape = "x".join(str(n) for n in tensor.shape)
            print(tensor.name, tensor.tensor_type.value, shape, tensor.data_offset, tensor.n_bytes)
        """

    private func listing(_ file: GGUFFile) -> String {
        var lines = file.metadata.keys.map { key in
            let value = file.metadata[key]
            return "\(key) \(value?.type.rawValue ?? 99) \(value?.array?.count ?? 1)"
        }
        lines += file.tensors.map { tensor in
            let shape = tensor.dimensions.map(String.init).joined(separator: "x")
            return
                "\(tensor.name) \(tensor.type.rawValue) \(shape) \(tensor.byteRange.lowerBound) \(tensor.byteRange.count)"
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
