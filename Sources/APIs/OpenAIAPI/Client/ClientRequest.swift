import JSONText
public import Vocabulary

/// A generation request in OpenAI's format, for a worker or another server. Always a stream with usage.
///
/// Members that only llama-server or our own workers know are written only when the request says something there, so that
/// strict servers take the rest.
public struct ClientRequest: Sendable, Equatable {
    /// `/v1/chat/completions` or `/v1/completions`.
    public let path: String
    private let model: String
    /// Of a chat only. Written without a tree, because they are most of the text.
    private let messages: [ChatMessage]?
    /// Every other member that the request has.
    private let members: JSONObject

    /// The JSON text.
    public var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", .string(model))
            writer.member("stream", true)
            writer.member("stream_options") { $0.object { $0.member("include_usage", true) } }
            if let messages {
                writer.member("messages") { writer in
                    writer.array { writer in
                        for place in messages.indices { writer.element { Self.write(messages[place], to: &$0) } }
                    }
                }
            }
            for (name, value) in members { writer.member(named: name, value) }
        }
        return writer.bytes
    }

    /// - Parameters:
    ///   - request: what to ask for.
    ///   - model: the name that the other server knows.
    public init(_ request: GenerationRequest, model: String) {
        self.model = model
        var body = JSONObject()
        var messages: [ChatMessage]?
        switch request.prompt {
        case .chat(let chat, let tools):
            path = "/v1/chat/completions"
            messages = chat
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
        self.messages = messages
        members = body
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

    private static func write(_ message: ChatMessage, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("role", .string(message.role.rawValue))
            writer.member("content", ContentFields.value(message.content))
            if let reasoning = message.reasoning { writer.member("reasoning_content", .string(reasoning)) }
            if let name = message.name { writer.member("name", .string(name)) }
            if let call = message.toolCallID { writer.member("tool_call_id", .string(call)) }
            if !message.toolCalls.isEmpty { writer.member("tool_calls", .array(message.toolCalls.map(\.value))) }
        }
    }
}
