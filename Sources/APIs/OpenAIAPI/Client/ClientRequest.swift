public import JSONText
public import Vocabulary

/// A generation request in OpenAI's format, for a worker or another server. Always a stream with usage.
///
/// Members that only llama-server or our own workers know are written only when the request says something there, so that
/// strict servers take the rest.
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
            ToolFields.write(request, tools, to: &body)
        case .text(let text):
            path = "/v1/completions"
            body["prompt"] = .string(text)
        case .tokens(let tokens):
            path = "/v1/completions"
            body["prompt"] = .array(tokens.map { .integer(Int64($0)) })
        case .pieces(let pieces):
            path = "/v1/completions"
            body["prompt"] = PromptFields.value(pieces)
        case .infill(let infill):
            path = "/v1/completions"
            EchoFields.write(infill, to: &body)
        case .parts(let parts):
            path = "/v1/completions"
            body["prompt"] = MediaFields.markedPrompt(parts)
        }
        ChatFields.write(request.ending, to: &body)
        LineLimitFields.write(request.lineLimits, to: &body)
        if request.reports.afterSampling { body["post_sampling_probs"] = true }
        if request.reports.tokens { body["timings_per_token"] = true }
        if !request.templateVariables.isEmpty { body["chat_template_kwargs"] = .object(request.templateVariables) }
        if let count = request.newTokensMax { body["max_tokens"] = .whole(count) }
        if !request.stop.isEmpty { body["stop"] = .array(request.stop.map(JSONValue.string)) }
        if request.ignoresEnd { body["ignore_eos"] = true }
        Self.write(request.sampling, to: &body)
        Self.write(topLogprobs: request.topLogprobs, isChat: path == "/v1/chat/completions", to: &body)
        ConstraintFields.write(request, to: &body)
        SpeculationFields.write(request.speculation, to: &body)
        AdapterFields.write(request.adapters, to: &body)
        let isThinking = ReasoningFields.write(request, to: &body)
        MemoryFields.write(request, to: &body)
        NexusFields.write(request, isThinking: isThinking, to: &body)
        self.body = .object(body)
    }

    private static func write(_ sampling: SamplingParameters, to body: inout JSONObject) {
        guard sampling != SamplingParameters() else { return }
        SamplingTable.write(sampling, to: &body)
        body["dry_sequence_breakers"] = sampling.drySequenceBreakers.map { .array($0.map(JSONValue.string)) }
        body["logit_bias"] = sampling.logitBias.map(LogitBiasFields.value)
        body["samplers"] = sampling.order.map { .array($0.map { .string($0.rawValue) }) }
        body["seed"] = sampling.seed.map { .integer(Int64($0)) }
    }

    private static func write(topLogprobs: Int?, isChat: Bool, to body: inout JSONObject) {
        guard let count = topLogprobs else { return }
        if count > RequestBounds.topLogprobsMax {
            body["n_probs"] = .whole(count)
        } else if isChat {
            body["logprobs"] = true
            body["top_logprobs"] = .whole(count)
        } else {
            body["logprobs"] = .whole(count)
        }
    }

    private static func value(_ message: ChatMessage) -> JSONValue {
        var object: JSONObject = [
            "role": .string(message.role.rawValue), "content": ContentFields.value(message.content),
        ]
        if let reasoning = message.reasoning { object["reasoning_content"] = .string(reasoning) }
        if let name = message.name { object["name"] = .string(name) }
        if let call = message.toolCallID { object["tool_call_id"] = .string(call) }
        if !message.toolCalls.isEmpty { object["tool_calls"] = .array(message.toolCalls.map(\.value)) }
        return .object(object)
    }
}
