import JSONText
import TestRandomness
import Testing
import Vocabulary

@testable import OllamaAPI

@Suite struct OllamaRequestTests {
    private static func read(
        _ members: String, _ kind: OllamaRequest.Kind = .chat
    ) throws -> OllamaRequest {
        try OllamaRequest(kind, Array("{\(members)}".utf8), id: try #require(RequestID("req_1")))
    }

    private static let hello = #""messages":[{"role":"user","content":"hi"}]"#

    @Test func `every option reaches the request`() throws {
        let request = try Self.read(
            """
            "model":"m",\(Self.hello),"keep_alive":"1m","options":{"temperature":0.5,"top_k":3,"top_p":0.25,"min_p":0.1,
            "typical_p":0.9,"repeat_last_n":7,"repeat_penalty":1.5,"presence_penalty":0.5,"frequency_penalty":0.75,
            "mirostat":2,"mirostat_tau":4,"mirostat_eta":0.2,"seed":42,"stop":["a","b"],"num_predict":9,"num_keep":5,
            "num_ctx":4096,"num_gpu":99,"num_thread":2,"use_mmap":true,"new":{"x":1}}
            """)
        let generation = request.generation
        var sampling = SamplingParameters(temperature: 0.5, topP: 0.25, topK: 3, minP: 0.1, seed: 42)
        (sampling.typicalP, sampling.penaltyLastN, sampling.repetitionPenalty) = (0.9, 7, 1.5)
        (sampling.presencePenalty, sampling.frequencyPenalty) = (0.5, 0.75)
        (sampling.mirostat, sampling.mirostatTau, sampling.mirostatEta) = (2, 4, 0.2)
        #expect(generation.sampling == sampling)
        #expect(generation.model == ModelID("m") && generation.stop == ["a", "b"] && generation.newTokensMax == 9)
        #expect(generation.shift.kept == .tokens(5))
        #expect(generation.scheduling.keepAlive == .lasting(.seconds(60)))
        #expect(generation.prompt == .chat([ChatMessage(.user, "hi")], tools: []))
        #expect(request.isStreaming && request.order == .answer)
    }

    @Test(arguments: [("-1", nil), ("-2", nil), ("0", nil), ("5", 5)] as [(String, Int?)])
    func `a number of tokens below one is no limit`(count: String, limit: Int?) throws {
        #expect(try Self.read("\(Self.hello),\"options\":{\"num_predict\":\(count)}").generation.newTokensMax == limit)
    }

    @Test func `an answer is no longer than the context that was asked for`() throws {
        let options = #""options":{"num_ctx":8,"num_predict":100}"#
        #expect(try Self.read("\(Self.hello),\(options)").generation.newTokensMax == 8)
        #expect(try Self.read(#"\#(Self.hello),"options":{"num_ctx":8}"#).generation.newTokensMax == 8)
    }

    @Test(arguments: [
        ("\"options\":{\"temperature\":\"hot\"}", "options.temperature"),
        ("\"options\":{\"top_p\":2}", "options.top_p"),
        ("\"options\":{\"num_predict\":1.5}", "options.num_predict"), ("\"options\":3", "options"),
        ("\"format\":\"xml\"", "format"), ("\"format\":3", "format"), ("\"think\":3", "think"),
        ("\"keep_alive\":\"soon\"", "keep_alive"), ("\"stream\":1", "stream"),
        ("\"messages\":[{\"role\":\"cook\",\"content\":\"x\"}]", "messages[0].role"),
        ("\"messages\":[{\"role\":\"user\",\"content\":5}]", "messages[0].content"),
        ("\"messages\":[{\"content\":\"x\"}]", "messages[0].role"),
        ("\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":[7]}]", "messages[0].images[0]"),
        ("\"tools\":[{\"type\":\"function\"}]", "tools[0].function"), ("\"top_logprobs\":99", "top_logprobs"),
    ])
    func `what is wrong is told with its place`(member: String, place: String) throws {
        let failure = #expect(throws: ServiceError.self) { _ = try Self.read(member) }
        #expect(failure?.parameter == place)
    }

    @Test func `a chat's turns, pictures, tools and thinking are read`() throws {
        let request = try Self.read(
            """
            "messages":[{"role":"system","content":"be"},
            {"role":"user","content":"look","images":["iVBORw0KGgo="]},
            {"role":"assistant","content":"","thinking":"hm","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},
            {"role":"tool","content":"7","tool_name":"f"}],
            "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
            "think":"high","format":{"type":"object"},"stream":false,"logprobs":true,"top_logprobs":2
            """)
        guard case .chat(let messages, let tools) = request.generation.prompt else {
            Issue.record("it is no chat")
            return
        }
        #expect(messages.map(\.role) == [.system, .user, .assistant, .tool] && tools.map(\.name) == ["f"])
        #expect(messages[1].media.count == 1 && messages[1].text == "look")
        #expect(messages[2].reasoning == "hm")
        #expect(messages[2].toolCalls == [ToolCall(id: "", name: "f", arguments: #"{"a":1}"#)])
        #expect(messages[3].name == "f" && messages[3].text == "7")
        #expect(request.generation.reasoning == ReasoningOptions(isEnabled: true, effort: "high"))
        #expect(request.generation.constraint == .jsonSchema(["type": "object"]) && !request.isStreaming)
        #expect(request.generation.topLogprobs == 2)
        #expect(try Self.read("\(Self.hello),\"think\":false").generation.reasoning.isEnabled == false)
        #expect(try Self.read("\(Self.hello),\"format\":\"json\"").generation.constraint == .jsonObject)
        #expect(try Self.read("\(Self.hello),\"format\":\"\"").generation.constraint == nil)
    }

    @Test func `a prompt is a chat, a text as it is, or a gap`() throws {
        let chat = try Self.read(#""prompt":"hi","system":"be""#, .generate)
        #expect(chat.generation.prompt == .chat([ChatMessage(.system, "be"), ChatMessage(.user, "hi")], tools: []))
        #expect(try Self.read(#""prompt":"hi","raw":true"#, .generate).generation.prompt == .text("hi"))
        let gap = InfillPrompt(prefix: [.text("a")], suffix: [.text("b")])
        #expect(try Self.read(#""prompt":"a","suffix":"b""#, .generate).generation.prompt == .infill(gap))
        let failure = #expect(throws: ServiceError.self) {
            _ = try Self.read(#""prompt":"a","template":"{{ .Prompt }}""#, .generate)
        }
        #expect(failure?.code == .unsupported && failure?.parameter == "template")
    }

    @Test func `a request without a prompt loads the model, or lets it go`() throws {
        for (kind, empty) in [(OllamaRequest.Kind.chat, #""model":"m""#), (.generate, #""model":"m","prompt":"""#)] {
            #expect(try Self.read(empty, kind).order == .load)
            #expect(try Self.read(empty + #","keep_alive":0"#, kind).order == .unload)
            #expect(try Self.read(empty + #","keep_alive":-1"#, kind).order == .load)
        }
    }

    @Test(arguments: 1...20) func `a conversation comes back from its numbers`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let letters = Array("aé漢🙂\"\\\n\u{0}")
        var messages: [ChatMessage] = []
        for index in 0..<Int.random(in: 1...5, using: &random) {
            var text = ""
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                text.append(letters[Int.random(in: 0..<letters.count, using: &random)])
            }
            messages.append(ChatMessage(index % 2 == 0 ? .user : .assistant, text))
        }
        let value = OllamaContext.value(messages)
        #expect(try OllamaContext.messages(JSONField(value)) == messages)
        let request = try Self.read(#""prompt":"next","context":\#(value.text)"#, .generate)
        #expect(request.generation.prompt == .chat(messages + [ChatMessage(.user, "next")], tools: []))
        // Any other list was made elsewhere.
        var broken = value.array ?? []
        broken.remove(at: Int.random(in: 0..<broken.count, using: &random))
        #expect(throws: (any Error).self) { try OllamaContext.messages(JSONField(.array(broken))) }
    }

    @Test(arguments: ["[1,2,3]", "[1313358641,999999999999]", "[1313358641,-1]", "[1313358641,3,-5]", "7", "[null]"])
    func `numbers that were not made here are refused`(context: String) throws {
        let failure = #expect(throws: ServiceError.self) {
            _ = try Self.read(#""prompt":"x","context":\#(context)"#, .generate)
        }
        #expect(failure?.parameter == "context")
    }
}
