import JSONText
import Testing
import Vocabulary

@testable import MessagesAPI

@Suite struct MessageRequestTests {
    static func request(_ members: String, for purpose: MessageRequest.Purpose = .answer) throws(ServiceError)
        -> MessageRequest
    {
        guard let id = RequestID("req_1") else { throw ServiceError(.internalError, "the id is well-formed") }
        return try MessageRequest(Array("{\(members)}".utf8), id: id, for: purpose)
    }

    /// With one message of the user.
    static func read(_ members: String) throws(ServiceError) -> GenerationRequest {
        try request(#""max_tokens":9,"messages":[{"role":"user","content":"x"}],\#(members)"#).generation
    }

    private static func messages(_ messages: String, system: String = "null") throws -> [ChatMessage] {
        let request = try request(#""max_tokens":9,"system":\#(system),"messages":\#(messages)"#)
        guard case .chat(let read, _) = request.generation.prompt else { return [] }
        return read
    }

    @Test func `texts and blocks of texts are read`() throws {
        let blocks = #"[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}]"#
        #expect(
            try Self.messages(
                #"[{"role":"user","content":"hi"},{"role":"assistant","content":\#(blocks)},{"role":"user","content":\#(blocks)}]"#,
                system: blocks) == [
                    ChatMessage(.system, "a\nb"), ChatMessage(.user, "hi"), ChatMessage(.assistant, "ab"),
                    ChatMessage(.user, "a\nb"),
                ])
        #expect(try Self.messages("[]", system: #""s""#) == [ChatMessage(.system, "s")])
    }

    @Test func `calls, results and thinking become the messages of a chat`() throws {
        let conversation = """
            [{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},
               {"type":"redacted_thinking","data":"?"},{"type":"text","text":"a"},
               {"type":"tool_use","id":"t1","name":"f","input":{"x":1}},{"type":"tool_use","id":"t2","name":"g"}]},
             {"role":"user","content":[{"type":"text","text":"and"},
               {"type":"tool_result","tool_use_id":"t1","content":"one"},
               {"type":"tool_result","tool_use_id":"t2","is_error":true,"content":[{"type":"text","text":"two"}]},
               {"type":"document","source":{"type":"text","media_type":"text/plain","data":"doc"}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t3"}]}]
            """
        let calls = [
            ToolCall(id: "t1", name: "f", arguments: #"{"x":1}"#), ToolCall(id: "t2", name: "g", arguments: "{}"),
        ]
        #expect(
            try Self.messages(conversation) == [
                ChatMessage(.assistant, "a", reasoning: "hm", toolCalls: calls),
                ChatMessage(.tool, "one", toolCallID: "t1"), ChatMessage(.tool, "Error:\ntwo", toolCallID: "t2"),
                ChatMessage(.user, "and\ndoc"), ChatMessage(.tool, "", toolCallID: "t3"),
            ])
    }

    @Test(arguments: [
        (#""is_error":true,"content":"no such city""#, "Error: no such city"), (#""is_error":true"#, "Error:"),
        (#""is_error":true,"content":"Error 404""#, "Error 404"), (#""is_error":false,"content":"fine""#, "fine"),
        (#""is_error":null,"content":"fine""#, "fine"),
        (#""is_error":true,"content":[{"type":"text","text":"Error: x"}]"#, "Error: x"),
    ])
    func `a tool that failed says so to the model`(members: String, text: String) throws {
        let block = #"{"type":"tool_result","tool_use_id":"t",\#(members)}"#
        #expect(
            try Self.messages(#"[{"role":"user","content":[\#(block)]}]"#) == [
                ChatMessage(.tool, text, toolCallID: "t")
            ])
    }

    @Test func `a header that changes with every request is no part of the prompt`() throws {
        func system(_ text: String) throws -> [ChatMessage] { try Self.messages("[]", system: text) }
        let line = "x-anthropic-billing-header: cc_version=2.1.37.fbe; cch=a5145;"
        #expect(try system(#""\#(line)You are\ncch=12;""#)[0].text == "You are\ncch=12;")
        #expect(try system(#""\#(line)\n\nYou are x=1;""#)[0].text == "You are x=1;")
        #expect(try system(#""x-anthropic-billing-header: cc_version=2; cch=1\nYou are""#)[0].text == "You are")
        #expect(try system(#""say cch=12""#)[0].text == "say cch=12")
        #expect(try system(#""\#(line)""#) == [])
        // A block of its own, as the client sends it.
        let blocks = #"[{"type":"text","text":"\#(line)"},{"type":"text","text":"You are"}]"#
        #expect(try system(blocks)[0].text == "You are")
    }

    @Test(arguments: [
        (#""cache_control":{"type":"ephemeral"}"#, CacheOptions.Scope.tenant),
        (#""cache_control":{"type":"ephemeral","ttl":"1h","scope":"shared"}"#, .shared), (#""x":1"#, .tenant),
    ])
    func `marks for the cache are read wherever they may stand`(mark: String, scope: CacheOptions.Scope) throws {
        let isMarked = mark.contains("cache")
        let places = [
            #""system":[{"type":"text","text":"a",\#(mark)}]"#,
            #""tools":[{"name":"f","input_schema":{},\#(mark)}]"#, mark,
        ]
        for place in places {
            let request = try Self.whole(#"\#(place),"messages":[]"#)
            #expect(request.marksCache == isMarked && request.generation.cache.scope == scope)
        }
        let message = #""messages":[{"role":"user","content":[{"type":"text","text":"a",\#(mark)}]}]"#
        #expect(try Self.whole(message).marksCache == isMarked)
        #expect(try Self.whole(message).generation.cache.scope == scope)
        // What everybody sees, only an administrator may leave.
        var principal = Principal.open
        principal.role = .user
        let other = try Principal.$current.withValue(principal) { try Self.whole(message) }
        #expect(other.generation.cache.scope == .tenant)
    }

    @Test(arguments: [
        (#"{"type":"forever"}"#, "type"), (#"{"type":"ephemeral","ttl":"2h"}"#, "ttl"), ("{}", "type"),
        ("true", ""),
    ])
    func `a mark that is none is told with its place`(mark: String, member: String) throws {
        let failure = #expect(throws: ServiceError.self) {
            _ = try Self.whole(#""system":[{"type":"text","text":"a","cache_control":\#(mark)}],"messages":[]"#)
        }
        let place = "system[0].cache_control"
        #expect(failure?.parameter == (member.isEmpty ? place : "\(place).\(member)"))
    }

    private static func whole(_ members: String) throws -> MessageRequest {
        try MessageRequest(
            Array(#"{"model":"m","max_tokens":9,\#(members)}"#.utf8), id: try #require(RequestID("req_1")))
    }

    @Test func `bounds, sampling, stops and thinking are read`() throws {
        let request = try Self.read(
            """
            "model":"m","temperature":0.5,"top_p":0.25,"top_k":3,"stop_sequences":["a","b"],
            "thinking":{"type":"enabled","budget_tokens":50},"metadata":{"user_id":"u"},"service_tier":"auto",
            "output_config":{"effort":"max","format":{"type":"json_schema","schema":{"type":"integer"}}},
            "container":null,"something_new":{"a":[1]},"stop":5,"n":"x"
            """)
        #expect(request.model == ModelID("m") && request.newTokensMax == 9 && request.stop == ["a", "b"])
        #expect(request.sampling == SamplingParameters(temperature: 0.5, topP: 0.25, topK: 3))
        #expect(request.reasoning == ReasoningOptions(isEnabled: true, tokensMax: 50, effort: "max"))
        #expect(request.constraint == .jsonSchema(["type": "integer"]))
        #expect(try Self.read(#""thinking":{"type":"disabled"}"#).reasoning.isEnabled == false)
        #expect(try Self.read(#""thinking":{"type":"adaptive"}"#).reasoning == ReasoningOptions())
        let older = try Self.read(#""output_format":{"type":"json_schema","schema":true}"#)
        #expect(older.constraint == .jsonSchema(true))
    }

    @Test func `tools are offered in the form of chats, and those of Anthropic's servers are left out`() throws {
        let tools = """
            "tools":[{"name":"f","description":"d","input_schema":{"type":"object"}},{"type":"custom","name":"g"},
              {"type":"web_search_20250305","name":"web_search"}],"tool_choice":
            """
        let one = try Self.read(tools + #"{"type":"tool","name":"f","disable_parallel_tool_use":true}"#)
        guard case .chat(_, let offered) = one.prompt else { return }
        #expect(
            offered == [
                ToolDefinition(
                    name: "f",
                    definition: [
                        "type": "function",
                        "function": ["name": "f", "description": "d", "parameters": ["type": "object"]],
                    ]),
                ToolDefinition(
                    name: "g",
                    definition: ["type": "function", "function": ["name": "g", "parameters": ["type": "object"]]]),
            ])
        #expect(one.toolChoice == .function("f") && one.allowsParallelToolCalls == false)
        #expect(try Self.read(tools + #"{"type":"any"}"#).toolChoice == .required)
        #expect(try Self.read(tools + #"{"type":"auto"}"#).toolChoice == .auto)
        #expect(try Self.read(tools + #"{"type":"none"}"#).toolChoice == .none)
    }

    @Test func `counting needs no bound`() throws {
        #expect(try Self.request(#""messages":[]"#, for: .count).generation.newTokensMax == nil)
        let error = #expect(throws: ServiceError.self) { try Self.request(#""messages":[]"#) }
        #expect(error?.parameter == "max_tokens")
    }

    @Test(arguments: [
        (#""max_tokens":0"#, "max_tokens"), (#""max_tokens":-1"#, "max_tokens"), (#""max_tokens":1e40"#, "max_tokens"),
        (#""max_tokens":"9""#, "max_tokens"), (#""temperature":-1"#, "temperature"), (#""top_k":-1"#, "top_k"),
        (#""top_k":9999999999"#, "top_k"), (#""top_p":1.5"#, "top_p"), (#""stop_sequences":"x""#, "stop_sequences"),
        (#""stop_sequences":[1]"#, "stop_sequences[0]"), (#""system":5"#, "system"),
        (#""system":[{"type":"image"}]"#, "system[0].type"),
        (#""thinking":{"type":"enabled"}"#, "thinking.budget_tokens"),
        (#""thinking":{"type":"enabled","budget_tokens":-1}"#, "thinking.budget_tokens"),
        (#""thinking":{"type":"enabled","budget_tokens":1e12}"#, "thinking.budget_tokens"),
        (#""thinking":{"type":"often"}"#, "thinking.type"), (#""tools":[{"input_schema":{}}]"#, "tools[0].name"),
        (#""tools":[{"name":"f","input_schema":7}]"#, "tools[0].input_schema"),
        (#""tool_choice":{"type":"any"}"#, "tool_choice.type"), (#""tool_choice":"auto""#, "tool_choice"),
        (#""tool_choice":{"type":"tool","name":"f"}"#, "tool_choice.name"),
        (#""mcp_servers":[{"url":"x"}]"#, "mcp_servers"), (#""stream":1"#, "stream"),
        (#""output_config":{"format":{"type":"xml"}}"#, "output_config.format.type"),
        (#""messages":[{"role":"robot","content":"x"}]"#, "messages[0].role"),
        (#""messages":[{"role":"user"}]"#, "messages[0].content"),
        (#""messages":[{"role":"user","content":3}]"#, "messages[0].content"),
        (#""messages":[{"role":"user","content":[{"type":"search_result"}]}]"#, "messages[0].content[0].type"),
        (#""messages":[{"role":"user","content":[{"type":"tool_result"}]}]"#, "messages[0].content[0].tool_use_id"),
        (
            #""messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64"}}]}]"#,
            "messages[0].content[0].source"
        ),
        (
            #""messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]"#,
            "messages[0].content[0].source.type"
        ),
        (
            #""messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":3}]}]"#,
            "messages[0].content[0].input"
        ),
    ])
    func `what is wrong is told with its path`(members: String, parameter: String) {
        let error = #expect(throws: ServiceError.self) { try Self.read(members) }
        #expect(error?.parameter == parameter, "\(String(describing: error))")
        #expect(error?.code == .invalidValue || error?.code == .unsupported)
        #expect(error?.hint?.isEmpty == false)
    }
}
