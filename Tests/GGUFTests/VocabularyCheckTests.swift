import GGUF
import Testing

@Suite struct VocabularyCheckTests {
    private func file(_ tokens: [[UInt8]], model: String = "llama") throws -> GGUFFile {
        var writer = try GGUFWriter()
        try writer.set("general.architecture", .string("llama"))
        try writer.set("tokenizer.ggml.model", .string(model))
        try writer.set("tokenizer.ggml.tokens", .array(GGUFArray(byteStrings: tokens)))
        return try GGUFFile.read(from: BytesInMemory(try writer.bytes()))
    }

    @Test func `tokens that differ are fine`() throws {
        #expect(try file([[97], [98], [97, 98], []]).duplicateTokens == nil)
        // The same character in two ways of writing it is two texts.
        #expect(try file([Array("é".utf8), Array("e\u{301}".utf8)]).duplicateTokens == nil)
    }

    @Test(arguments: [
        ([[97], [98], [97]], 0, 2), ([[], Array("[EMPTY_0]".utf8)], 0, 1), ([[97, 0, 98], [97, 0, 99]], 0, 1),
    ])
    func `two tokens of the same text are found`(tokens: [[UInt8]], first: Int, second: Int) throws {
        let found = try file(tokens).duplicateTokens
        #expect(found?.first == first && found?.second == second)
    }

    @Test func `a file without a vocabulary has none`() throws {
        #expect(try file([[97], [97]], model: "none").duplicateTokens == nil)
    }
}
