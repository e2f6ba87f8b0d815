import JSONText
import RequestScope
import Testing
import Vocabulary

@testable import OpenAIAPI

/// What llama-server's own endpoints read.
@Suite struct NativeFieldsTests {
    private func id() throws -> RequestID { try #require(RequestID("req_1")) }

    private func native(_ json: String) throws -> CompletionRequest {
        try .native(Array("{\(json)}".utf8), id: id())
    }

    private func refusal(_ json: String) -> ServiceError? {
        #expect(throws: ServiceError.self) { try native(json) }
    }

    @Test func `prompts come in every shape`() throws {
        typealias Prompt = GenerationRequest.Prompt
        let shapes: [(String, [Prompt])] = [
            (#""a""#, [.text("a")]), ("[1,2]", [.tokens([1, 2])]), (#"["a","b"]"#, [.text("a"), .text("b")]),
            (#"[[1],[2,3]]"#, [.tokens([1]), .tokens([2, 3])]), (#"[[1],"b"]"#, [.tokens([1]), .text("b")]),
            (#"[1,"a",2]"#, [.pieces([.token(1), .text("a"), .token(2)])]),
            (#"["a",2]"#, [.pieces([.text("a"), .token(2)])]),
            (#"[["a",2],"b"]"#, [.pieces([.text("a"), .token(2)]), .text("b")]),
            (#"{"prompt_string":"a"}"#, [.text("a")]),
            (#"[{"prompt_string":"a"},[7]]"#, [.text("a"), .tokens([7])]),
            (#"{"prompt_string":["a",2],"multimodal_data":[]}"#, [.pieces([.text("a"), .token(2)])]),
        ]
        for (json, prompts) in shapes {
            let request = try native(#""prompt":\#(json)"#)
            #expect([request.generation.prompt] + request.otherPrompts == prompts, "\(json)")
            #expect(request.isNative && request.generation.reports.details)
        }
    }

    @Test(arguments: [
        (#""prompt":[]"#, "prompt"), (#""prompt":{}"#, "prompt.prompt_string"), (#""prompt":7"#, "prompt"),
        (#""prompt":true"#, "prompt"), ("", "prompt"), (#""prompt":null"#, "prompt"),
        (#""prompt":[[]]"#, "prompt[0]"), (#""prompt":[1,-1]"#, "prompt[1]"), (#""prompt":[1,1.5]"#, "prompt[1]"),
        (#""prompt":[1,null]"#, "prompt[1]"), (#""prompt":["a",true]"#, "prompt[1]"),
        (#""prompt":{"prompt_string":"a","multimodal_data":["AA=="]}"#, "prompt.multimodal_data"),
    ])
    func `a prompt that is none is named`(json: String, parameter: String) {
        let error = refusal(json)
        #expect(error?.parameter == parameter && error?.code == .invalidValue)
    }

    @Test func `wishes are read`() throws {
        let request = try native(
            #"""
            "prompt":"a","return_tokens":true,"timings_per_token":true,"verbose":true,"stream":true,"n_probs":3,
            "post_sampling_probs":true,"response_fields":["content","generation_settings/n_predict"],"n_indent":2,
            "t_max_predict_ms":30,"t_max_prompt_ms":-1,"return_progress":true
            """#)
        #expect(request.wishes.returnsTokens && request.wishes.tellsTimings && request.wishes.isVerbose)
        #expect(request.wishes.fields == ["content", "generation_settings/n_predict"])
        #expect(request.generation.reports.tokens && request.generation.reports.afterSampling)
        #expect(request.generation.topLogprobs == 3 && request.generation.scheduling.reportsProgress)
        #expect(request.generation.lineLimits.indentation == 2)
        #expect(request.generation.lineLimits.writing == .milliseconds(30))
        #expect(request.generation.lineLimits.prompt == nil)
    }

    @Test func `nobody pays for what is not asked for`() throws {
        let whole = try native(#""prompt":"a""#).generation
        #expect(!whole.reports.tokens && !whole.reports.promptTokens && whole.lineLimits.isEmpty)
        let chat = try CompletionRequest.chat(
            Array(#"{"messages":[{"role":"user","content":"x"}],"stream":true}"#.utf8), id: id())
        #expect(chat.generation.reports == ReportOptions() && !chat.isNative)
    }

    @Test func `a gap has two sides, a beginning and other files`() throws {
        let request = try CompletionRequest.infill(
            Array(
                #"""
                {"input_prefix":"a","input_suffix":["b",7],"prompt":"m",
                 "input_extra":[{"filename":"f","text":"x"},{"text":"y"}]}
                """#.utf8), id: id())
        #expect(
            request.generation.prompt
                == .infill(
                    InfillPrompt(
                        prefix: [.text("a")], suffix: [.text("b"), .token(7)], middle: "m",
                        files: [.init(name: "f", text: "x"), .init(name: "tmp", text: "y")])))
    }

    @Test(arguments: [
        ("{}", "input_prefix"), (#"{"input_prefix":"a"}"#, "input_suffix"),
        (#"{"input_prefix":7,"input_suffix":"b"}"#, "input_prefix"),
        (#"{"input_prefix":"a","input_suffix":"b","prompt":7}"#, "prompt"),
        (#"{"input_prefix":"a","input_suffix":"b","input_extra":{}}"#, "input_extra"),
        (#"{"input_prefix":"a","input_suffix":"b","input_extra":[{}]}"#, "input_extra[0].text"),
        (#"{"input_prefix":"a","input_suffix":"b","input_extra":[7]}"#, "input_extra[0]"),
        (
            #"{"input_prefix":"a","input_suffix":"b","input_extra":[{"filename":1,"text":"x"}]}"#,
            "input_extra[0].filename"
        ),
    ])
    func `a gap that is none is named`(json: String, parameter: String) {
        let error = #expect(throws: ServiceError.self) { try CompletionRequest.infill(Array(json.utf8), id: id()) }
        #expect(error?.parameter == parameter)
    }

    @Test func `a suffix makes a gap, and an echo asks for what it needs`() throws {
        func text(_ json: String) throws -> CompletionRequest { try .text(Array("{\(json)}".utf8), id: id()) }
        #expect(
            try text(#""prompt":"a","suffix":"b""#).generation.prompt
                == .infill(InfillPrompt(prefix: [.text("a")], suffix: [.text("b")])))
        #expect(try text(#""prompt":"a","suffix":"""#).generation.prompt == .text("a"))
        let plain = try text(#""prompt":"a","echo":true"#)
        #expect(
            plain.wishes.echoesPrompt && !plain.generation.reports.promptTokens && !plain.generation.reports.details)
        #expect(try text(#""prompt":[1],"echo":true"#).generation.reports.details)
        #expect(try text(#""prompt":"a","echo":true,"logprobs":0"#).generation.reports.promptTokens)
        #expect(try !text(#""prompt":"a","echo":false,"logprobs":0"#).generation.reports.promptTokens)
    }

    @Test(arguments: [
        ("", ChatEnding.automatic), (#","add_generation_prompt":true"#, .automatic),
        (#","add_generation_prompt":false"#, .messages), (#","continue_final_message":true"#, .lastMessage),
        (#","continue_final_message":"content""#, .lastMessage), (#","continue_final_message":false"#, .answer),
        (#","continue_final_message":true,"add_generation_prompt":false"#, .lastMessage),
    ])
    func `a chat says how its prompt ends`(rest: String, ending: ChatEnding) throws {
        let json = #"{"messages":[{"role":"user","content":"x"}]\#(rest)}"#
        let chat = try CompletionRequest.chat(Array(json.utf8), id: id())
        #expect(chat.generation.ending == ending)
        let client = ClientRequest(chat.generation, model: "m")
        #expect(try CompletionRequest.chat(client.bytes, id: id()).generation.ending == ending)
    }

    @Test(arguments: [
        #","continue_final_message":true,"add_generation_prompt":true"#, #","continue_final_message":7"#,
        #","continue_final_message":"x""#, #","add_generation_prompt":"yes""#,
    ])
    func `an ending that is none is refused`(rest: String) {
        let json = #"{"messages":[{"role":"assistant","content":"x"}]\#(rest)}"#
        #expect(throws: ServiceError.self) { try CompletionRequest.chat(Array(json.utf8), id: id()) }
    }
}
