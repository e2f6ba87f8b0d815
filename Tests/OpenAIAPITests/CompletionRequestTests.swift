import JSONText
import Testing
import Vocabulary

@testable import OpenAIAPI

@Suite struct CompletionRequestTests {
    private func chat(_ json: String) throws -> CompletionRequest {
        try CompletionRequest.chat(Array(json.utf8), id: try #require(RequestID("req_abc")))
    }
    private func text(_ json: String) throws -> CompletionRequest {
        try CompletionRequest.text(Array(json.utf8), id: try #require(RequestID("req_abc")))
    }
    private static func user(_ rest: String = "") -> String {
        #"{"model":"m","messages":[{"role":"user","content":"hi"}]"# + rest + "}"
    }

    @Test func `a request with usual members is read as one with others`() throws {
        let usual = [
            "", #","stream":true,"stream_options":{"include_usage":true}"#, #","temperature":0.5,"seed":3,"n":2"#,
            #","max_tokens":7,"stop":["a"]"#, #","tools":[{"type":"function","function":{"name":"f"}}]"#,
        ]
        for rest in usual {
            #expect(try chat(Self.user(rest)) == chat(Self.user(rest + #","unheard_of":1"#)))
            #expect(try text(#"{"prompt":"hi"\#(rest)}"#) == text(#"{"prompt":"hi"\#(rest),"unheard_of":1}"#))
        }
        for message in [
            #""role":"user","content":"""#, #""content":"x","role":"developer""#, #""role":"system","content":"é""#,
        ] {
            let start = #"{"messages":[{"#
            #expect(try chat(start + message + "}]}") == chat(start + message + #","unheard_of":1}]}"#))
        }
        #expect(throws: ServiceError.self) { try chat(#"{"messages":[{"role":"nobody","content":"x"}]}"#) }
        #expect(throws: ServiceError.self) { try chat(#"{"messages":[{"role":"user","content":7}]}"#) }
    }

    @Test func `a chat is read with everything it says`() throws {
        let request = try chat(
            #"""
            {"model":"tiny","stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"temperature":0.5,
             "top_p":0.9,"top_k":3,"min_p":0.1,"seed":42,"stop":["a","b"],"user":"someone","unheard_of":{"x":1},
             "messages":[{"role":"system","content":"be kind"},
              {"role":"user","content":[{"type":"text","text":"one "},{"type":"text","text":"two"}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
                "function":{"name":"f","arguments":"{\"x\":1}"}}]},
              {"role":"tool","tool_call_id":"c1","content":"3"}],
             "tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}
            """#)
        #expect(request.isStreaming && request.includesUsage)
        #expect(request.generation.newTokensMax == 7)
        #expect(
            request.generation.sampling
                == SamplingParameters(temperature: 0.5, topP: 0.9, topK: 3, minP: 0.1, seed: 42))
        #expect(request.generation.stop == ["a", "b"])
        guard case .chat(let messages, let tools) = request.generation.prompt else { throw Wrong() }
        #expect(messages.map(\.role) == [.system, .user, .assistant, .tool])
        #expect(messages[1].text == "one \ntwo")
        #expect(messages[2].toolCalls == [ToolCall(id: "c1", name: "f", arguments: "{\"x\":1}")])
        #expect(messages[3].toolCallID == "c1")
        #expect(tools.map(\.name) == ["f"])
    }

    private struct Wrong: Error {}

    @Test(
        arguments: [
            ("{", ServiceError.Code.invalidJSON, nil), ("[]", .invalidValue, nil), ("{}", .invalidValue, "messages"),
            (#"{"messages":[]}"#, .invalidValue, "messages"), (#"{"messages":"hi"}"#, .invalidValue, "messages"),
            (#"{"messages":[{"content":"x"}]}"#, .invalidValue, "messages[0].role"),
            (#"{"messages":[{"role":"king","content":"x"}]}"#, .invalidValue, "messages[0].role"),
            (#"{"messages":[{"role":"user"}]}"#, .invalidValue, "messages[0]"),
            (#"{"messages":[{"role":"user","content":7}]}"#, .invalidValue, "messages[0].content"),
            (
                #"{"messages":[{"role":"user","content":[{"type":"video_url"}]}]}"#, .unsupported,
                "messages[0].content[0].type"
            ),
            (
                #"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#, .invalidValue,
                "messages[0].content[0].image_url"
            ),
            (user(#","max_tokens":-2"#), .invalidValue, "max_tokens"),
            (user(#","max_tokens":99999999999999999999999999"#), .invalidValue, "max_tokens"),
            (user(#","max_tokens":1.5"#), .invalidValue, "max_tokens"),
            (user(#","max_tokens":"7""#), .invalidValue, "max_tokens"),
            (user(#","temperature":-0.1"#), .invalidValue, "temperature"),
            (user(#","temperature":1e300"#), .invalidValue, "temperature"),
            (user(#","top_p":2"#), .invalidValue, "top_p"), (user(#","stream":"yes""#), .invalidValue, "stream"),
            (user(#","stop":[1]"#), .invalidValue, "stop[0]"),
            (user(#","stop":"\#(String(repeating: "a", count: 1_025))""#), .invalidValue, "stop"),
            (user(#","tools":[{"type":"function"}]"#), .invalidValue, "tools[0].function"),
            (user(#","tools":[],"tool_choice":"required""#), .invalidValue, "tool_choice"),
        ] as [(String, ServiceError.Code, String?)])
    func `what is wrong is named`(json: String, code: ServiceError.Code, parameter: String?) {
        let error = #expect(throws: ServiceError.self) { try chat(json) }
        #expect(error?.code == code)
        #expect(error?.parameter == parameter)
        #expect(error?.hint?.isEmpty == false)
    }

    @Test(arguments: ["null", "1", "0.0"]) func `values that ask for nothing are no error`(value: String) throws {
        _ = try chat(
            Self.user(#","n":\#(value == "0.0" ? "1" : value),"frequency_penalty":0.0,"logprobs":false,"stop":null"#))
    }

    @Test func `text prompts come as text, tokens or a list of one`() throws {
        #expect(try text(#"{"prompt":"a"}"#).generation.prompt == .text("a"))
        #expect(try text(#"{"prompt":["a"]}"#).generation.prompt == .text("a"))
        #expect(try text(#"{"prompt":[1,2]}"#).generation.prompt == .tokens([1, 2]))
        #expect(try text(#"{"prompt":[[1,2]]}"#).generation.prompt == .tokens([1, 2]))
        for json in [
            #"{"prompt":[]}"#, #"{"prompt":["a",true]}"#, #"{"prompt":[1,{}]}"#, #"{"prompt":[[]]}"#,
            #"{"prompt":[1,-2]}"#,
            #"{"prompt":{}}"#, #"{"prompt":[[["a"]]]}"#, "{}",
        ] {
            #expect(throws: ServiceError.self) { try text(json) }
        }
    }

    @Test func `several prompts and choices are one generation each`() throws {
        let request = try text(#"{"prompt":["a",[1,2]],"n":2,"seed":4294967295,"max_tokens":3}"#)
        let generations = request.generations
        #expect(generations.map(\.prompt) == [.text("a"), .text("a"), .tokens([1, 2]), .tokens([1, 2])])
        #expect(generations.map(\.id.text) == ["req_abc-0", "req_abc-1", "req_abc-2", "req_abc-3"])
        #expect(generations.map(\.sampling.seed) == [.max, 0, .max, 0])
        #expect(generations.allSatisfy { $0.newTokensMax == 3 })
        #expect(try text(#"{"prompt":"a","n":2}"#).generations.map(\.sampling.seed) == [nil, nil])
        #expect(try text(#"{"prompt":"a"}"#).generations.map(\.id.text) == ["req_abc"])
        let longest = try #require(RequestID(String(repeating: "x", count: 128)))
        let ids = try CompletionRequest.text(Array(#"{"prompt":"a","n":11}"#.utf8), id: longest).generations.map(\.id)
        #expect(Set(ids).count == 11)
    }

    @Test func `messages of older clients are read`() throws {
        let request = try chat(
            #"""
            {"messages":[{"role":"user","content":"hi"},
             {"role":"assistant","content":null,"function_call":{"name":"f","arguments":{"x":1}}},
             {"role":"function","name":"f","content":"3"}]}
            """#)
        guard case .chat(let messages, _) = request.generation.prompt else { throw Wrong() }
        #expect(messages[1].toolCalls == [ToolCall(id: "", name: "f", arguments: "{\"x\":1}")])
        #expect(messages[2] == ChatMessage(.tool, "3", name: "f"))
    }

    @Test func `a body of deep nesting is refused`() {
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        let error = #expect(throws: ServiceError.self) { try chat(#"{"messages":\#(deep)}"#) }
        #expect(error?.code == .invalidJSON)
    }
}
