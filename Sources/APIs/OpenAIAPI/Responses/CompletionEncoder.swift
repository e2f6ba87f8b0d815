public import JSONText
import RequestScope
public import Vocabulary

/// Writes an answer in OpenAI's format: chunks of a stream, or one whole object.
///
/// All chunks of an answer carry the same `id`, made of the request's id.
public struct CompletionEncoder: Sendable {
    private let kind: CompletionRequest.Kind
    private let id: String
    private let model: String
    private let created: Int64
    private let includesUsage: Bool

    /// An encoder for one answer; `created` is Unix time in seconds.
    public init(_ request: CompletionRequest, model: ModelID, created: Int64) {
        kind = request.kind
        let suffix = request.generation.id.text.replacing("req_", with: "", maxReplacements: 1)
        id = (request.kind == .chat ? "chatcmpl-" : "cmpl-") + suffix
        self.model = model.name
        self.created = created
        includesUsage = request.includesUsage
    }

    // MARK: A stream

    /// The chunks that follow from an event: none to three.
    public func chunks(for event: GenerationEvent) -> [JSONValue] {
        switch event {
        case .started:
            return kind == .chat ? [chunk(delta: ["role": "assistant", "content": ""])] : []
        case .text(let text):
            return [kind == .chat ? chunk(delta: ["content": .string(text)]) : chunk(text: text)]
        case .queued, .promptProgress, .reasoning, .logprobs, .warning:
            return []
        case .toolCall(let call):
            return [chunk(delta: ["tool_calls": [Self.value(call)]])]
        case .finished(let end):
            var last = finish(end.reason.rawValue)
            if let timings = end.timings { last["timings"] = Self.value(timings, usage: end.usage) }
            guard includesUsage else { return [.object(last)] }
            var usage = base(choices: [])
            usage["usage"] = Self.value(end.usage)
            return [.object(last), .object(usage)]
        }
    }

    /// The chunks that end a stream that failed: the error, then a finish for those who wait for one.
    public func chunks(for error: ServiceError, requestID: RequestID) -> [JSONValue] {
        [WireError(error, requestID: requestID).body, .object(finish("error"))]
    }

    private func chunk(delta: JSONValue) -> JSONValue {
        .object(base(choices: [["index": 0, "delta": delta, "logprobs": nil, "finish_reason": nil]]))
    }

    private func chunk(text: String) -> JSONValue {
        .object(base(choices: [["index": 0, "text": .string(text), "logprobs": nil, "finish_reason": nil]]))
    }

    private func finish(_ reason: String) -> JSONObject {
        switch kind {
        case .chat:
            base(choices: [["index": 0, "delta": [:], "logprobs": nil, "finish_reason": .string(reason)]])
        case .text:
            base(choices: [["index": 0, "text": "", "logprobs": nil, "finish_reason": .string(reason)]])
        }
    }

    private func base(choices: JSONValue) -> JSONObject {
        [
            "id": .string(id), "object": kind == .chat ? "chat.completion.chunk" : "text_completion",
            "created": .integer(created), "model": .string(model), "choices": choices,
        ]
    }

    // MARK: A whole answer

    /// The object of an answer that is not streamed.
    public func whole(_ answer: CompletionAnswer) -> JSONValue {
        let choice: JSONValue
        switch kind {
        case .chat:
            var message: JSONObject = ["role": "assistant", "content": .string(answer.text), "refusal": nil]
            if !answer.toolCalls.isEmpty {
                if answer.text.isEmpty { message["content"] = .null }
                message["tool_calls"] = .array(answer.toolCalls.map(Self.value))
            }
            choice = [
                "index": 0, "message": .object(message), "logprobs": nil,
                "finish_reason": .string(answer.end.reason.rawValue),
            ]
        case .text:
            choice = [
                "index": 0, "text": .string(answer.text), "logprobs": nil,
                "finish_reason": .string(answer.end.reason.rawValue),
            ]
        }
        var object = base(choices: [choice])
        object["object"] = kind == .chat ? "chat.completion" : "text_completion"
        object["usage"] = Self.value(answer.end.usage)
        if let timings = answer.end.timings { object["timings"] = Self.value(timings, usage: answer.end.usage) }
        return .object(object)
    }

    private static func value(_ call: ToolCallDelta) -> JSONValue {
        var function: JSONObject = ["arguments": .string(call.arguments)]
        if let name = call.name { function["name"] = .string(name) }
        var object: JSONObject = ["index": .integer(Int64(call.index)), "function": .object(function)]
        if let id = call.id {
            object["id"] = .string(id)
            object["type"] = "function"
        }
        return .object(object)
    }

    private static func value(_ call: ToolCall) -> JSONValue {
        [
            "id": .string(call.id), "type": "function",
            "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
        ]
    }

    private static func value(_ usage: TokenUsage) -> JSONValue {
        [
            "prompt_tokens": .integer(Int64(usage.promptTokens)),
            "completion_tokens": .integer(Int64(usage.completionTokens)),
            "total_tokens": .integer(Int64(usage.totalTokens)),
            "prompt_tokens_details": ["cached_tokens": .integer(Int64(usage.cachedTokens))],
        ]
    }

    /// llama-server's names for where the time went, and `queue_ms`.
    private static func value(_ timings: GenerationTimings, usage: TokenUsage) -> JSONValue {
        [
            "queue_ms": .number(timings.queue.milliseconds),
            "prompt_n": .integer(Int64(usage.promptTokens - usage.cachedTokens)),
            "prompt_ms": .number(timings.prefill.milliseconds),
            "predicted_n": .integer(Int64(usage.completionTokens)),
            "predicted_ms": .number(timings.decode.milliseconds),
        ]
    }
}

extension Duration {
    /// Milliseconds, rounded to microseconds.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1_000 + (Double(attoseconds) / 1e12).rounded() / 1_000
    }
}
