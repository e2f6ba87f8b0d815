import Foundation
import LlamaRuntime
import TestRandomness
import Testing
import Vocabulary

@testable import EngineWorker
@testable import Inference

@Suite struct RememberedTokensTests {
    @Test func `a real vocabulary gives a growing chat the same tokens with and without a memory`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Models/tiny-chat.gguf").path
        let base = LlamaTokenizer(try LlamaModel(path: path))
        let memory = TokenMemory()
        let tokenizer = RememberingTokenizer(base: base, memory: memory, tenant: .none)
        var random = SeededRandom(seed: 3)
        let pieces = ["What is", " 3 + 4?", "\n", "  ", "Zürich ", ">", "<|im_", "end|>", "<tool_call>", "😀"]
        var text = ""
        for turn in 0..<60 {
            let role = turn.isMultiple(of: 2) ? "user" : "assistant"
            let words = (0..<30).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            text += "<|im_start|>\(role)\n\(words)<|im_end|>\n"
            let prompt = text + "<|im_start|>assistant\n"
            let found = try tokenizer.tokens(of: prompt, addsSpecial: true, parsesSpecial: true)
            #expect(found == (try base.tokens(of: prompt, addsSpecial: true, parsesSpecial: true)))
        }
        let remembered = memory.beginning(of: Array(text.utf8)[...], tenant: .none, addsSpecial: true)
        #expect(remembered.count > text.utf8.count / 2, "the memory was of use")
    }
}
