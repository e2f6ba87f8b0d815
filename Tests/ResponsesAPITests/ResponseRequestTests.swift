import JSONText
import Testing
import Vocabulary

@testable import ResponsesAPI

@Suite struct ResponseRequestTests {
    static func read(_ body: String) throws(ServiceError) -> GenerationRequest {
        guard let id = RequestID("req_1") else { throw ServiceError(.internalError, "the id is well-formed") }
        return try ResponseRequest(Array(body.utf8), id: id).generation
    }

    private static func messages(_ body: String) throws -> [ChatMessage] {
        guard case .chat(let messages, _) = try read(body).prompt else { return [] }
        return messages
    }

    @Test func `a text is what the user says, and instructions stand before it`() throws {
        #expect(
            try Self.messages(#"{"input":"hi","instructions":"Be kind."}"#) == [
                ChatMessage(.system, "Be kind."), ChatMessage(.user, "hi"),
            ])
    }

    @Test func `the items of one answer become one message`() throws {
        let items = """
            {"input":[
              {"role":"user","content":"a"},
              {"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},
              {"type":"message","role":"assistant","id":"m","status":"completed",
               "content":[{"type":"output_text","text":"b","annotations":[]}]},
              {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
              {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
              {"type":"function_call_output","call_id":"c1","output":"one"},
              {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]},
              {"type":"message","role":"developer","content":[{"type":"input_text","text":"d"}]}
            ]}
            """
        let calls = [ToolCall(id: "c1", name: "f", arguments: "{}"), ToolCall(id: "c2", name: "g", arguments: "{}")]
        #expect(
            try Self.messages(items) == [
                ChatMessage(.user, "a"), ChatMessage(.assistant, "b", reasoning: "hm", toolCalls: calls),
                ChatMessage(.tool, "one", toolCallID: "c1"), ChatMessage(.tool, "two", toolCallID: "c2"),
                ChatMessage(.developer, "d"),
            ])
    }

    @Test func `answers that follow each other stay apart`() throws {
        let items = """
            {"input":[
              {"role":"assistant","content":"a"},{"role":"assistant","content":"b"},
              {"type":"reasoning","summary":[{"type":"summary_text","text":"s"}]},
              {"type":"reasoning","summary":[],"encrypted_content":"?"},
              {"type":"function_call","call_id":"c","name":"f","arguments":"{}"}
            ]}
            """
        let call = ToolCall(id: "c", name: "f", arguments: "{}")
        #expect(
            try Self.messages(items) == [
                ChatMessage(.assistant, "a"), ChatMessage(.assistant, "b"),
                ChatMessage(.assistant, "", reasoning: "s", toolCalls: [call]),
            ])
    }

    @Test func `bounds, sampling, format and effort are read`() throws {
        let schema = #"{"type":"json_schema","name":"n","schema":{"type":"integer"},"strict":true}"#
        let request = try Self.read(
            """
            {"input":"x","model":"m","max_output_tokens":5,"temperature":0.5,"top_p":0.25,"top_k":3,"seed":7,
             "text":{"format":\(schema),"verbosity":"low"},"reasoning":{"effort":"high","summary":"auto"},
             "parallel_tool_calls":false,"store":true,"truncation":"auto","metadata":{"a":"b"},"user":"u",
             "service_tier":"flex","prompt_cache_key":"k","stream_options":{"include_obfuscation":false},
             "something_new":[1]}
            """)
        #expect(request.model == ModelID("m") && request.newTokensMax == 5)
        #expect(request.sampling == SamplingParameters(temperature: 0.5, topP: 0.25, topK: 3, seed: 7))
        #expect(request.constraint == .jsonSchema(["type": "integer"]))
        #expect(request.reasoning.effort == "high" && request.allowsParallelToolCalls == false)
        #expect(try Self.read(#"{"input":"x","reasoning":{"effort":"none"}}"#).reasoning.isEnabled == false)
        #expect(try Self.read(#"{"input":"x","text":{"format":{"type":"json_object"}}}"#).constraint == .jsonObject)
        #expect(try Self.read(#"{"input":"x","text":{"format":{"type":"text"}}}"#).constraint == nil)
        #expect(try Self.read(#"{"input":"x","nexus":{"priority":"high"}}"#).scheduling.priority == .high)
    }

    @Test func `functions are offered in the form of chats, and others are left out`() throws {
        let body = """
            {"input":"x","tools":[{"type":"web_search"},
              {"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},
              {"type":"function","function":{"name":"g"}}],"tool_choice":CHOICE}
            """
        func read(_ choice: String) throws -> ResponseRequest {
            let id = try #require(RequestID("r"))
            return try ResponseRequest(Array(body.replacing("CHOICE", with: choice).utf8), id: id)
        }
        let request = try read(#"{"type":"function","name":"f"}"#)
        guard case .chat(_, let tools) = request.generation.prompt else { return }
        #expect(tools.map(\.name) == ["f", "g"] && request.generation.toolChoice == .function("f"))
        #expect(tools[0].definition["function"]?["parameters"] == ["type": "object"])
        #expect(tools[0].definition["type"] == "function" && tools[0].definition["function"]?["type"] == nil)
        #expect(request.warnings.map(\.code) == [.toolUnsupported])
        #expect(try read(#""required""#).generation.toolChoice == .required)
        #expect(try read(#""none""#).generation.toolChoice == .none)
        let allowed = try read(#"{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]}"#)
        guard case .chat(_, let left) = allowed.generation.prompt else { return }
        #expect(left.map(\.name) == ["g"] && allowed.generation.toolChoice == .required)
    }

    @Test(arguments: [
        (#"{}"#, "input"), (#"{"input":3}"#, "input"), (#"{"input":[]}"#, "input"), (#"{"input":[1]}"#, "input[0]"),
        (#"{"input":[{"role":"x","content":"a"}]}"#, "input[0].role"),
        (#"{"input":[{"role":"user"}]}"#, "input[0].content"),
        (#"{"input":[{"role":"user","content":[{"type":"input_file"}]}]}"#, "input[0].content[0].type"),
        (#"{"input":[{"type":"function_call","name":"f","arguments":"{}"}]}"#, "input[0].call_id"),
        (#"{"input":[{"type":"item_reference","id":"x"}]}"#, "input[0]"),
        (#"{"input":[{"type":"web_search_call"}]}"#, "input[0].type"),
        (#"{"input":"x","max_output_tokens":0}"#, "max_output_tokens"),
        (#"{"input":"x","max_output_tokens":-5}"#, "max_output_tokens"),
        (#"{"input":"x","max_output_tokens":1e30}"#, "max_output_tokens"),
        (#"{"input":"x","temperature":-1}"#, "temperature"), (#"{"input":"x","top_p":7}"#, "top_p"),
        (#"{"input":"x","top_logprobs":21}"#, "top_logprobs"), (#"{"input":"x","top_logprobs":-1}"#, "top_logprobs"),
        (#"{"input":"x","text":{"format":{"type":"xml"}}}"#, "text.format.type"),
        (#"{"input":"x","reasoning":{"effort":5}}"#, "reasoning.effort"),
        (#"{"input":"x","metadata":3}"#, "metadata"), (#"{"input":"x","stream":"yes"}"#, "stream"),
        (#"{"input":"x","tools":[{"type":"function"}]}"#, "tools[0].name"),
        (#"{"input":"x","tool_choice":"required"}"#, "tool_choice"),
        (#"{"input":"x","tool_choice":{"type":"function","name":"f"}}"#, "tool_choice.name"),
        (#"{"input":"x","tool_choice":{"type":"mcp"}}"#, "tool_choice.type"),
        (#"{"input":"x","previous_response_id":"resp_1"}"#, "previous_response_id"),
        (#"{"input":"x","conversation":{"id":"c"}}"#, "conversation"),
        (#"{"input":"x","background":true}"#, "background"),
        (#"{"input":"x","prompt":{"id":"p"}}"#, "prompt"),
        (#"{"input":"x","grammar":"root ::= \"a\"","text":{"format":{"type":"json_object"}}}"#, "text.format"),
    ])
    func `what is wrong is told with its path`(body: String, parameter: String) {
        let error = #expect(throws: ServiceError.self) { try Self.read(body) }
        #expect(error?.parameter == parameter, "\(String(describing: error))")
        #expect(error?.code == .invalidValue || error?.code == .unsupported)
        #expect(error?.hint?.isEmpty == false)
    }

    @Test func `what asks for nothing is no error`() throws {
        let body = #"{"input":"x","background":false,"previous_response_id":null,"conversation":null,"tools":null}"#
        #expect(try Self.read(body).toolChoice == .auto)
    }
}
