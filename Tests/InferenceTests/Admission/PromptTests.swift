import ChatFormats
import JSONText
import Testing
import Vocabulary

@testable import Inference

/// Prompts that are more than one text, and how chats end.
@Suite struct PromptTests {
    /// A byte tokenizer with a begin token and tokens for gaps.
    private struct GapTokenizer: Tokenizing {
        var infill: InfillTokens?

        func tokens(of text: String, addsSpecial: Bool, parsesSpecial: Bool) throws(ServiceError) -> [Int32] {
            (addsSpecial ? [300] : []) + text.utf8.map(Int32.init)
        }
        func bytes(of token: Int32) -> [UInt8] { token < 256 ? [UInt8(token)] : [] }
        func specialBytes(of token: Int32) -> [UInt8] { bytes(of: token) }
        func isEndOfGeneration(_ token: Int32) -> Bool { false }
        var vocabularyCount: Int { 310 }
        var beginText: String { "" }
        var endText: String { "" }
        var controlTexts: [String] { [] }
    }

    private static let marks = InfillTokens(prefix: 301, suffix: 302, middle: 303, begin: 300)

    private func admission(
        context: Int = 400, marks: InfillTokens? = marks, _ set: (inout EngineOptions) -> Void = { _ in }
    ) -> Admission<GapTokenizer> {
        var options = EngineOptions(contextTokens: context)
        set(&options)
        let chat = ChatTemplate { context in
            let texts = (context["messages"]?.array ?? []).map { message in
                "[\(message["role"]?.string ?? "")]\(message["content"]?.string ?? "")"
            }
            return texts.joined() + (context["add_generation_prompt"] == true ? "[answer]" : "")
        }
        return Admission(
            tokenizer: GapTokenizer(infill: marks), chat: chat, format: options.format, options: options,
            grammars: GrammarStore())
    }

    private func request(_ prompt: GenerationRequest.Prompt) throws -> GenerationRequest {
        GenerationRequest(id: try #require(RequestID("r")), model: ModelID("m"), prompt: prompt)
    }

    private func ascii(_ text: String) -> [Int32] { text.utf8.map(Int32.init) }

    @Test func `texts and tokens in turn are one prompt, with a begin token before a text that comes first`() throws {
        let first = try admission().admit(request(.pieces([.text("a"), .token(7), .text("b")]))).request.prompt
        #expect(first == [300, 0x61, 7, 0x62])
        let later = try admission().admit(request(.pieces([.token(7), .text("b")]))).request.prompt
        #expect(later == [7, 0x62])
        let error = #expect(throws: ServiceError.self) { try admission().admit(request(.pieces([.token(310)]))) }
        #expect(error?.parameter == "prompt[0]")
    }

    @Test func `templates that write tools as one text find it, empty where there are none`() throws {
        let chat = ChatTemplate { context in "(\(context["functions"]?.string ?? "nothing"))" }
        func text(_ tools: [ToolDefinition], _ variables: JSONObject = [:]) throws -> String {
            try chat.text(for: [], tools: tools, variables: variables, tokenizer: GapTokenizer())
        }
        let tool = ToolDefinition(name: "look", definition: ["function": ["name": "look"]])
        #expect(try text([]) == "()")
        #expect(try text([tool]) == #"([{"function":{"name":"look"}}])"#)
        #expect(try text([tool], ["functions": "mine"]) == "(mine)")
    }

    @Test func `a gap is told with what is before and after it`() throws {
        let infill = InfillPrompt(prefix: [.text("ab")], suffix: [.text("z"), .token(9)], middle: "m")
        let prompt = try admission().admit(request(.infill(infill))).request.prompt
        #expect(prompt == [300, 301] + ascii("abm") + [302] + ascii("z") + [9, 303])
        let turned = try admission { $0.putsSuffixFirst = true }.admit(request(.infill(infill))).request.prompt
        #expect(turned == [300, 302] + ascii("z") + [9, 301] + ascii("abm") + [303])
    }

    @Test func `other files stand before it, with their names where the vocabulary has a token for them`() throws {
        let infill = InfillPrompt(
            prefix: [.text("a")], suffix: [.text("b")], files: [.init(name: "f", text: "x")])
        let plain = try admission().admit(request(.infill(infill))).request.prompt
        #expect(plain == ascii("\n\n--- snip ---\n\nx") + [300, 301] + ascii("a") + [302] + ascii("b") + [303])
        var marks = Self.marks
        marks.repository = 304
        marks.separator = 305
        let named = try admission(marks: marks).admit(request(.infill(infill))).request.prompt
        let files: [Int32] = [304] + ascii("myproject\n") + [305] + ascii("f\nx") + [305] + ascii("filename\n")
        #expect(named == files + [300, 301] + ascii("a") + [302] + ascii("b") + [303])
    }

    @Test func `what does not fit is left out furthest from the gap`() throws {
        let infill = InfillPrompt(
            prefix: [.text(String(repeating: "p", count: 999) + "A")],
            suffix: [.text("Z" + String(repeating: "s", count: 999))], files: [.init(name: "f", text: "x")])
        var asked = try request(.infill(infill))
        asked.newTokensMax = 20
        let prompt = try admission(context: 100).admit(asked).request.prompt
        #expect(prompt.count == 80)
        let mark = try #require(prompt.firstIndex(of: 302))
        #expect(prompt[mark - 1] == 0x41 && prompt[mark + 1] == 0x5A)
        #expect(prompt.count { $0 == 0x70 } + 1 == 57 && prompt.count { $0 == 0x73 } + 1 == 19)
    }

    @Test(arguments: [
        (100, 10, 10, 10, 10), (100, 200, 200, 75, 25), (100, 200, 10, 90, 10), (100, 10, 200, 10, 90),
        (0, 5, 5, 0, 0),
    ])
    func `both sides share the room`(room: Int, before: Int, after: Int, first: Int, second: Int) {
        let shares = Admission<GapTokenizer>.shares(of: room, before: before, after: after)
        #expect(shares.before == first && shares.after == second)
    }

    @Test func `a model without tokens for gaps says so`() throws {
        let error = #expect(throws: ServiceError.self) {
            try admission(marks: nil).admit(request(.infill(InfillPrompt(prefix: [], suffix: []))))
        }
        #expect(error?.code == .notSupported)
    }

    @Test func `a prompt that is too long is refused with both numbers`() throws {
        let error = #expect(throws: ServiceError.self) {
            try admission(context: 10).admit(request(.text(String(repeating: "x", count: 30))))
        }
        #expect(error?.excess == ContextExcess(promptTokens: 31, contextTokens: 10))
        #expect(error?.message.contains("exceeds the available context size") == true)
    }

    // MARK: Endings

    private func text(_ messages: [ChatMessage], _ ending: ChatEnding, continues: Bool = true) throws -> String {
        var request = try request(.chat(messages, tools: []))
        request.ending = ending
        let admission = admission { $0.continuesLastMessage = continues }
        let text = try admission.promptText(of: request)
        #expect(try admission.admit(request).request.prompt == [300] + ascii(text))
        return text
    }

    private let question = ChatMessage(.user, "q")
    private let begun = ChatMessage(.assistant, "be")

    @Test func `a chat that ends with the assistant's message goes on from its middle`() throws {
        #expect(try text([question], .automatic) == "[user]q[answer]")
        #expect(try text([question, begun], .automatic) == "[user]q[answer]be")
        #expect(try text([question, begun], .automatic, continues: false) == "[user]q[assistant]be[answer]")
        #expect(try text([question, begun], .lastMessage, continues: false) == "[user]q[answer]be")
        #expect(try text([question, begun], .answer) == "[user]q[assistant]be[answer]")
        #expect(try text([question, begun], .messages) == "[user]q[assistant]be")
        let call = ChatMessage(.assistant, "", toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")])
        #expect(try text([question, call], .automatic) == "[user]q[assistant][answer]")
    }

    @Test func `thinking stands before what it led to`() throws {
        let thought = ChatMessage(.assistant, "be", reasoning: "hm")
        #expect(try text([question, thought], .automatic) == "[user]q[answer]<think>hm</think>\n\nbe")
        let thinking = ChatMessage(.assistant, "", reasoning: "hm")
        #expect(try text([question, thinking], .automatic) == "[user]q[answer]<think>hm")
    }

    @Test func `endings that cannot be are refused`() throws {
        func refusal(_ messages: [ChatMessage], _ ending: ChatEnding) throws -> ServiceError? {
            var request = try request(.chat(messages, tools: []))
            request.ending = ending
            return #expect(throws: ServiceError.self) { try admission().admit(request) }
        }
        #expect(try refusal([question, begun, begun], .automatic)?.parameter == "messages")
        #expect(try refusal([question], .lastMessage)?.parameter == "continue_final_message")
        let call = ChatMessage(.assistant, "", toolCalls: [ToolCall(id: "1", name: "f", arguments: "{}")])
        #expect(try refusal([question, call], .lastMessage)?.code == .invalidValue)
    }
}
