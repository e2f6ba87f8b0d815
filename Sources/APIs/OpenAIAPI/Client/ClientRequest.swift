public import JSONText
public import Vocabulary

/// A generation request in OpenAI's format, for a worker or another server. Always a stream with usage.
public struct ClientRequest: Sendable, Equatable {
    /// `/v1/chat/completions` or `/v1/completions`.
    public let path: String
    public let body: JSONValue

    /// - Parameters:
    ///   - request: what to ask for.
    ///   - model: the name that the other server knows.
    public init(_ request: GenerationRequest, model: String) {
        var body: JSONObject = [
            "model": .string(model), "stream": true, "stream_options": ["include_usage": true],
        ]
        switch request.prompt {
        case .chat(let messages, let tools):
            path = "/v1/chat/completions"
            body["messages"] = .array(messages.map(Self.value))
            if !tools.isEmpty { body["tools"] = .array(tools.map(\.definition)) }
            if !request.templateVariables.isEmpty { body["chat_template_kwargs"] = .object(request.templateVariables) }
        case .text(let text):
            path = "/v1/completions"
            body["prompt"] = .string(text)
        case .tokens(let tokens):
            path = "/v1/completions"
            body["prompt"] = .array(tokens.map { .integer(Int64($0)) })
        }
        body["max_tokens"] = request.newTokensMax.map { .integer(Int64($0)) }
        body["temperature"] = request.sampling.temperature.map(JSONValue.number)
        body["top_p"] = request.sampling.topP.map(JSONValue.number)
        body["top_k"] = request.sampling.topK.map { .integer(Int64($0)) }
        body["min_p"] = request.sampling.minP.map(JSONValue.number)
        body["seed"] = request.sampling.seed.map { .integer(Int64($0)) }
        if !request.stop.isEmpty { body["stop"] = .array(request.stop.map(JSONValue.string)) }
        self.body = .object(body)
    }

    private static func value(_ message: ChatMessage) -> JSONValue {
        var object: JSONObject = ["role": .string(message.role.rawValue), "content": .string(message.text)]
        object["reasoning_content"] = message.reasoning.map(JSONValue.string)
        object["name"] = message.name.map(JSONValue.string)
        object["tool_call_id"] = message.toolCallID.map(JSONValue.string)
        if !message.toolCalls.isEmpty {
            object["tool_calls"] = .array(
                message.toolCalls.map { call in
                    [
                        "id": .string(call.id), "type": "function",
                        "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
                    ]
                })
        }
        return .object(object)
    }
}
