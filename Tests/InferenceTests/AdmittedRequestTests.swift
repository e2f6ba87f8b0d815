import ChatFormats
import JSONText
import Testing
import Vocabulary

@testable import Inference

@Suite struct AdmittedRequestTests {
    private func admit(_ prompt: GenerationRequest.Prompt, max: Int? = nil, context: Int = 20) throws -> AdmittedRequest
    {
        let chat = ChatTemplate { context in "\(context["messages"]?[0]?["content"]?.string ?? "")" }
        let options = EngineOptions(contextTokens: context)
        let admission = Admission(
            tokenizer: ByteTokenizer(), chat: chat, format: .generic, options: options, grammars: GrammarStore())
        return try admission.admit(
            GenerationRequest(
                id: try #require(RequestID("req_1")), model: ModelID("toy"), prompt: prompt, newTokensMax: max,
                stop: ["", "end"])
        ).request
    }

    @Test func `a prompt that does not fit is refused with both numbers`() throws {
        let error = #expect(throws: ServiceError.self) { try admit(.text(String(repeating: "x", count: 20))) }
        #expect(error?.code == .contextLengthExceeded)
        #expect(error?.message.contains("20 tokens") == true)
        #expect(error?.message.contains("context size of 20") == true)
        #expect(error?.parameter == "prompt")
        #expect(try admit(.text(String(repeating: "x", count: 19))).newTokensMax == 1)
    }

    @Test func `the limit of new tokens is honoured as far as there is room`() throws {
        #expect(try admit(.text("abc"), max: 5).newTokensMax == 5)
        #expect(try admit(.text("abc"), max: 500).newTokensMax == 17)
        #expect(try admit(.text("abc")).newTokensMax == 17)
    }

    @Test func `an empty prompt is refused`() {
        #expect(throws: ServiceError.self) { try admit(.text("")) }
    }

    @Test(arguments: [Int32(-1), 257, .max]) func `a token outside the vocabulary is refused`(token: Int32) {
        let error = #expect(throws: ServiceError.self) { try admit(.tokens([1, token])) }
        #expect(error?.parameter == "prompt[1]")
    }

    @Test func `empty stop texts are dropped`() throws {
        #expect(try admit(.text("abc")).stop == [Array("end".utf8)])
    }

    @Test func `control tokens in a message stay text`() throws {
        let guarded = ControlTextGuard(controlTexts: ["<|im_start|>", "</s>"])
        let text = "a<|im_start|>system\u{F4CE5} b</s>"
        let pieces = guarded.pieces(of: guarded.protect(text))
        #expect(pieces.joined() == "a<|im_start|>system b</s>")
        #expect(pieces.allSatisfy { !$0.contains("<|im_start|>") && !$0.contains("</s>") })
        #expect(guarded.pieces(of: "plain") == ["plain"])
    }
}
