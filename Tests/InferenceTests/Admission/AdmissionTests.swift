import ChatFormats
import JSONText
import Testing
import Vocabulary

@testable import Inference

@Suite struct AdmissionTests {
    private func admission(_ set: (inout EngineOptions) -> Void = { _ in }) -> Admission<ByteTokenizer> {
        var options = EngineOptions(contextTokens: 2_000)
        options.format = .qwen
        set(&options)
        let chat = ChatTemplate { context in
            let variables = ["enable_thinking", "reasoning_effort", "mood"].compactMap { name in
                context[name].map { "\(name)=\($0.text)" }
            }
            return "\(variables.joined(separator: ","))|\(context["messages"]?[0]?["content"]?.string ?? "")|"
        }
        return Admission(
            tokenizer: ByteTokenizer(), chat: chat, format: options.format, options: options, grammars: GrammarStore())
    }

    private func request(
        _ set: (inout GenerationRequest) -> Void = { _ in }, tools: [ToolDefinition] = []
    ) throws -> GenerationRequest {
        var request = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"),
            prompt: .chat([ChatMessage(.user, "hello")], tools: tools))
        set(&request)
        return request
    }

    private func refusal(
        tools: [ToolDefinition] = [], _ set: (inout GenerationRequest) -> Void
    ) throws -> ServiceError? {
        let request = try request(set, tools: tools)
        return #expect(throws: ServiceError.self) { try admission().admit(request) }
    }

    private let tool = ToolDefinition(
        name: "weather", definition: ["type": "function", "function": ["name": "weather", "parameters": [:]]])

    @Test func `each refusal names the field that caused it`() throws {
        #expect(try refusal { $0.constraint = .grammar("root ::= (") }?.parameter == "grammar")
        #expect(try refusal { $0.constraint = .regularExpression("(") }?.parameter == "regex")
        #expect(try refusal { $0.constraint = .jsonSchema(["type": "nonsense"]) }?.parameter == "response_format")
        #expect(
            try refusal(tools: [tool]) { $0.toolChoice = .function("other") }?.parameter == "tools")
        let conflict = try refusal(tools: [tool]) {
            $0.toolChoice = .required
            $0.constraint = .jsonObject
        }
        #expect(conflict?.parameter == "tool_choice")
        #expect(try refusal { $0.sampling.logitBias = [LogitBias(.token(257), bias: 1)] }?.parameter == "logit_bias")
        #expect(try refusal { $0.sampling.logitBias = [LogitBias(.token(-1), bias: 1)] }?.parameter == "logit_bias")
    }

    @Test func `a call that must be made needs a tool`() throws {
        #expect(try refusal { $0.toolChoice = .required }?.parameter == "tool_choice")
        #expect(try refusal { $0.toolChoice = .function("weather") }?.parameter == "tool_choice")
    }

    @Test func `a text's bias is one of each of its tokens`() throws {
        let admitted = try admission().admit(
            request { $0.sampling.logitBias = [LogitBias(.text("ab"), bias: 2), LogitBias(.token(7), bias: 1)] })
        #expect(
            admitted.request.sampling.logitBias == [
                LogitBias(.token(97), bias: 2), LogitBias(.token(98), bias: 2), LogitBias(.token(7), bias: 1),
            ])
    }

    @Test func `what a request leaves out comes from the engine`() throws {
        let admission = admission {
            $0.samplingDefaults = SamplingParameters(temperature: 0.3, topK: 5)
            $0.newTokensDefault = 12
            $0.reasoning.tokensMax = 9
            $0.usesCache = false
        }
        let plain = try admission.admit(request()).request
        #expect(plain.sampling.temperature == 0.3)
        #expect(plain.sampling.topK == 5)
        #expect(plain.newTokensMax == 12)
        #expect(plain.thinking?.tokensMax == 9)
        #expect(plain.cache.isUsed == false)
        let own = try admission.admit(
            request {
                $0.sampling.temperature = 0.9
                $0.newTokensMax = 3
                $0.reasoning.tokensMax = 2
            }
        ).request
        #expect(own.sampling.temperature == 0.9)
        #expect(own.newTokensMax == 3)
        #expect(own.thinking?.tokensMax == 2)
    }

    @Test func `the server's stops, deadline and constraint hold where a request says nothing`() throws {
        let admission = admission {
            $0.stopDefault = ["halt"]
            $0.deadlineMax = .seconds(5)
            $0.constraintDefault = .regularExpression("[0-9]")
            $0.ignoresEnd = true
        }
        let plain = try admission.admit(request()).request
        #expect(plain.stop == [Array("halt".utf8)])
        #expect(plain.scheduling.deadline == .seconds(5))
        #expect(plain.ignoresEnd)
        if plain.constraint == nil { Issue.record("the server's constraint was left out") }
        let own = try admission.admit(
            request(
                {
                    $0.stop = ["x"]
                    $0.scheduling.deadline = .seconds(2)
                }, tools: [tool])
        ).request
        #expect(own.stop == [Array("x".utf8)])
        #expect(own.scheduling.deadline == .seconds(2))
        if case .answer = own.constraint { Issue.record("the server's constraint holds beside tools") }
        let late = try admission.admit(request { $0.scheduling.deadline = .seconds(60) }).request
        #expect(late.scheduling.deadline == .seconds(5))
    }

    @Test func `the family's own stops join in when there are tools`() throws {
        let admission = admission { $0.format = .gemma4 }
        let stops = ChatFormat.gemma4.stops.map { Array($0.utf8) }
        let without = try admission.admit(request { $0.stop = ["x"] }).request
        #expect(without.stop == [Array("x".utf8)])
        let with = try admission.admit(request({ $0.stop = ["x"] }, tools: [tool])).request
        #expect(with.stop == [Array("x".utf8)] + stops)
    }

    @Test func `template variables: the engine's, then the request's reasoning, then its own`() throws {
        let admission = admission { $0.templateVariables = ["mood": "calm", "enable_thinking": true] }
        #expect(try admission.promptText(of: request()) == "enable_thinking=true,mood=\"calm\"|hello|")
        #expect(
            try admission.promptText(of: request { $0.reasoning.isEnabled = false })
                == "enable_thinking=false,mood=\"calm\"|hello|")
        #expect(
            try admission.promptText(
                of: request {
                    $0.reasoning.effort = "high"
                    $0.templateVariables = ["mood": "wild"]
                }) == "enable_thinking=true,reasoning_effort=\"high\",mood=\"wild\"|hello|")
        // No budget is a wish for no thinking.
        #expect(
            try admission.promptText(of: request { $0.reasoning.tokensMax = 0 })
                == "enable_thinking=false,mood=\"calm\"|hello|")
    }

    @Test func `a chat without a template is refused, and so is a template for a text`() throws {
        let bare = Admission(
            tokenizer: ByteTokenizer(), chat: nil, format: .generic, options: EngineOptions(contextTokens: 100),
            grammars: GrammarStore())
        let chat = try request()
        #expect(#expect(throws: ServiceError.self) { try bare.admit(chat) }?.code == .unsupported)
        let text = try request { $0.prompt = .text("x") }
        #expect(#expect(throws: ServiceError.self) { try bare.promptText(of: text) }?.parameter == "messages")
    }

    @Test func `tools that may not be called are not told to the model`() throws {
        let none = try request({ $0.toolChoice = .none }, tools: [tool])
        #expect(none.offeredTools == [])
        #expect(try admission().admit(none).reading?.tools == [])
    }

    @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}"]) func `no neighbour hides a control token from the guard`(
        mark: String
    ) {
        // With a mark after it the last character of the name is another Character, and the same bytes.
        let guarded = ControlTextGuard(controlTexts: ["<|im_start|>"])
        let name = Array("<|im_start|>".utf8)
        for text in ["<|im_start|>\(mark)system", "\u{600}<|im_start|>system", "\u{D}<|im_start|>\u{A}"] {
            let pieces = guarded.pieces(of: guarded.protect(text)).map { Array($0.utf8) }
            #expect(Array(pieces.joined()) == Array(text.utf8))
            for piece in pieces { #expect(piece.firstRange(of: name) == nil) }
        }
    }

    @Test func `no control token comes out of tools, calls and escapes`() throws {
        let control = "<|im_start|>"
        var call = ChatMessage(.assistant, "", toolCallID: control)
        call.toolCalls = [ToolCall(id: control, name: "f", arguments: #"{"\u003c|im_start|>": "\u003c|im_start|>"}"#)]
        let tool = ToolDefinition(
            name: "f", definition: ["description": .string(control), control: [.string(control)]])
        let template = ChatTemplate { context in
            "\(context["messages"]?.text ?? "") \(context["tools"]?.text ?? "")"
        }
        let plain = try template.text(for: [call], tools: [tool], variables: [:], tokenizer: ByteTokenizer())
        #expect(plain.ranges(of: control).count == 7)
        let prompt = try template.prompt(for: [call], tools: [tool], variables: [:], tokenizer: ByteTokenizer())
        #expect(prompt.text.ranges(of: control).isEmpty)
        // The tokens, which are bytes here, are of the same text.
        #expect(prompt.tokens.map { UInt8($0) } == Array(plain.utf8))
    }

    @Test func `control tokens within control tokens stay apart`() {
        let texts = ["<|a|>", "a|", "|><|"]
        let guarded = ControlTextGuard(controlTexts: texts)
        for text in ["<|a|>", "<|a|><|a|>", "x<|a|a|><|"] {
            let pieces = guarded.pieces(of: guarded.protect(text))
            #expect(pieces.joined() == text)
            for piece in pieces {
                #expect(texts.allSatisfy { !piece.contains($0) }, "\(pieces)")
            }
        }
    }
}
