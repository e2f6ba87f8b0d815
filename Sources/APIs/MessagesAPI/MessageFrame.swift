import JSONText
import OpenAIAPI
import Vocabulary

/// What the whole message and the events of a stream have in common.
struct MessageFrame: Sendable {
    private let id: String
    private let model: String
    private let stops: [String]
    private let newTokensMax: Int?
    private let marksCache: Bool

    /// The message's id is made of the request's.
    init(_ request: MessageRequest, model: ModelID) {
        id = "msg_" + request.generation.id.text.replacing("req_", with: "", maxReplacements: 1)
        self.model = model.name
        stops = request.generation.stop
        newTokensMax = request.generation.newTokensMax
        marksCache = request.marksCache && request.generation.cache.isUsed
    }

    /// The message as it stands: without a reason to stop while it is written.
    func message(_ content: [JSONValue], end: GenerationEnd? = nil, usage: JSONValue) -> JSONObject {
        var object: JSONObject = [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model),
            "content": .array(content),
        ]
        let reason: JSONObject = end.map(stop) ?? ["stop_reason": nil, "stop_sequence": nil]
        for (name, value) in reason { object[name] = value }
        object["usage"] = usage
        return object
    }

    /// Why the answer ended.
    func stop(_ end: GenerationEnd) -> JSONObject {
        switch end.reason {
        case .toolCalls: return ["stop_reason": "tool_use", "stop_sequence": nil]
        case .length:
            let isFull = newTokensMax.map { end.usage.completionTokens < $0 } ?? true
            return [
                "stop_reason": isFull ? "model_context_window_exceeded" : "max_tokens", "stop_sequence": nil,
            ]
        case .stop:
            guard let text = end.stopText, stops.contains(text) else {
                return ["stop_reason": "end_turn", "stop_sequence": nil]
            }
            return ["stop_reason": "stop_sequence", "stop_sequence": .string(text)]
        }
    }

    /// Tokens from the cache stand apart: all three together are the prompt. Those that were computed are all in the cache
    /// from then on; requests with marks are told so.
    func usage(prompt: Int, cached: Int, completion: Int, reasoning: Int? = nil) -> JSONValue {
        let computed = max(0, prompt - cached)
        var object: JSONObject = [
            "input_tokens": .whole(marksCache ? 0 : computed),
            "cache_creation_input_tokens": .whole(marksCache ? computed : 0),
            "cache_read_input_tokens": .whole(cached), "output_tokens": .whole(completion),
        ]
        object["output_tokens_details"] = reasoning.map { ["thinking_tokens": .whole($0)] }
        return .object(object)
    }

    func usage(_ usage: TokenUsage) -> JSONValue {
        self.usage(
            prompt: usage.promptTokens, cached: usage.cachedTokens, completion: usage.completionTokens,
            reasoning: usage.reasoningTokens)
    }
}

extension MessageFrame {
    /// The object of an answer that is not streamed.
    func whole(_ answer: CollectedAnswer, warnings: [GenerationWarning]) -> JSONValue {
        var warnings = warnings + answer.warnings
        let content = answer.parts.map { block($0, &warnings) }
        var object = message(content, end: answer.end, usage: usage(answer.end.usage))
        object["nexus"] = AnswerReports.nexus(answer.end, warnings: warnings)
        return .object(object)
    }

    private func block(_ part: AnswerPart, _ warnings: inout [GenerationWarning]) -> JSONValue {
        switch part.kind {
        // Only Anthropic's own thinking is signed.
        case .reasoning: return ["type": "thinking", "thinking": .string(part.text), "signature": ""]
        case .text: return ["type": "text", "text": .string(part.text)]
        case .toolCall(let id, let name):
            if let input = Self.input(part.text) {
                return ["type": "tool_use", "id": .string(id), "name": .string(name), "input": .object(input)]
            }
            warnings.append(
                GenerationWarning(
                    .toolCallUnreadable, "The input for '\(name)' is no JSON object; its text is in the answer."))
            return ["type": "text", "text": .string(part.text)]
        }
    }

    /// The input that arguments are; nothing at all is an empty one.
    private static func input(_ arguments: String) -> JSONObject? {
        if arguments.allSatisfy(\.isWhitespace) { return [:] }
        do {
            return try JSONValue.parse(arguments).object
        } catch {
            return nil
        }
    }
}
