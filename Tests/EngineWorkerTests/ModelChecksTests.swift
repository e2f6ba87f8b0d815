import Foundation
import GGUF
import LlamaRuntime
import Telemetry
import TestModels
import Testing
import Vocabulary

@testable import EngineWorker

private let tinyChat = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path

@Suite struct ModelChecksTests {
    private func problem(_ path: String, _ line: String) throws -> String? {
        let arguments = try commandLine("-m \(path) \(line)")
        let file = try GGUFFile.read(from: try FileBytes(path: path))
        do throws(ServiceError) {
            try ModelChecks.check(file, arguments)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `a model with two tokens of the same text is refused, and llama.cpp is not asked`() async throws {
        let vocabulary = try #require(
            try GGUFFile.read(from: try FileBytes(path: tinyChat)).metadata["tokenizer.ggml.tokens"]?.array?.strings)
        var tokens = vocabulary
        tokens[301] = tokens[300]
        try await RewrittenModel.withCopy(
            of: tinyChat, changes: ["tokenizer.ggml.tokens": .array(GGUFArray(tokens))]
        ) { path throws in
            #expect(try problem(path, "")?.contains("tokens 300 and 301") == true)
        }
        #expect(try problem(tinyChat, "") == nil)
    }

    @Test func `a head that is no whole blocks is refused before loading`() async throws {
        try await RewrittenModel.withCopy(
            of: tinyChat,
            changes: ["llama.attention.key_length": .uint32(24), "llama.attention.value_length": .uint32(40)]
        ) { path throws in
            #expect(try problem(path, "-ctk q8_0")?.contains("24 numbers") == true)
            #expect(try problem(path, "-ctv q4_0")?.contains("40 numbers") == true)
            #expect(try problem(path, "-ctk bf16 -ctv f32") == nil)
        }
    }

    @Test(
        arguments: [
            ("llama.context_length=int:5", nil), ("llama.context_length=str:5", "the type str"),
            ("llama.context_length=float:5", "the type float"), ("general.name=str:x", nil),
            ("general.name=bool:true", "the type bool"), ("tokenizer.ggml.add_bos_token=bool:false", nil),
            ("tokenizer.ggml.add_bos_token=int:0", "the type int"), ("not.there=int:1", nil),
            ("llama.attention.layer_norm_rms_epsilon=float:0.1", nil),
        ] as [(String, String?)])
    func `metadata is replaced by the same type only`(override: String, part: String?) throws {
        let text = try problem(tinyChat, "--override-kv \(override)")
        #expect(part.map { text?.contains($0) == true } ?? (text == nil), "\(text ?? "")")
    }

    @Test func `keys and values that are kept in one have one type`() async throws {
        try await RewrittenModel.withCopy(
            of: tinyChat, changes: ["llama.attention.key_length_mla": .uint32(32)]
        ) { path throws in
            #expect(try problem(path, "-ctk q8_0")?.contains("must be the same") == true)
            #expect(try problem(path, "-ctk q8_0 -ctv q8_0") == nil)
        }
    }
}
