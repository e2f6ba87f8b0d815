import JSONText
import OpenAIAPI
import Vocabulary

/// What all objects and events of one response have in common: the response object, and its items.
struct ResponseFrame: Sendable {
    let id: String
    private let suffix: String
    private let model: String
    private let created: Int64
    private let echo: ResponseEcho
    let tellsLogprobs: Bool

    /// `created` is Unix time in seconds.
    init(_ request: ResponseRequest, model: ModelID, created: Int64) {
        suffix = request.suffix
        id = "resp_" + suffix
        self.model = model.name
        self.created = created
        echo = request.echo
        tellsLogprobs = request.tellsLogprobs
    }

    // MARK: The response

    /// How a response fares.
    enum Status {
        case queued
        case inProgress
        case ended(GenerationEnd)
        case failed(ServiceError)
        case cancelled

        var word: String {
            switch self {
            case .queued: "queued"
            case .inProgress: "in_progress"
            case .ended(let end): end.reason == .length ? "incomplete" : "completed"
            case .failed: "failed"
            case .cancelled: "cancelled"
            }
        }
    }

    func response(_ status: Status, output: [JSONValue] = [], warnings: [GenerationWarning] = []) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id), "object": "response", "created_at": .integer(created), "status": .string(status.word),
            "error": nil, "incomplete_details": nil, "model": .string(model),
            "output": .array(output), "usage": nil,
        ]
        for (name, value) in echo.members { object[name] = value }
        switch status {
        case .queued, .inProgress, .cancelled: break
        case .ended(let end):
            if end.reason == .length { object["incomplete_details"] = ["reason": "max_output_tokens"] }
            object["usage"] = Self.usage(end.usage)
            object["timings"] = AnswerReports.timings(end)
            object["nexus"] = AnswerReports.nexus(end, warnings: warnings)
        case .failed(let error):
            object["error"] = Self.described(error)
            if !warnings.isEmpty { object["nexus"] = ["warnings": AnswerReports.warnings(warnings)] }
        }
        return .object(object)
    }

    /// The member `error` of a response that failed.
    static func described(_ error: ServiceError) -> JSONValue {
        [
            "code": .string(code(error)), "message": .string(error.description),
            "type": .string(error.code.rawValue),
        ]
    }

    private static func usage(_ usage: TokenUsage) -> JSONValue {
        [
            "input_tokens": .whole(usage.promptTokens),
            "input_tokens_details": ["cached_tokens": .whole(usage.cachedTokens), "cache_write_tokens": 0],
            "output_tokens": .whole(usage.completionTokens),
            "output_tokens_details": ["reasoning_tokens": .whole(usage.reasoningTokens)],
            "total_tokens": .whole(usage.totalTokens),
        ]
    }

    /// One of the codes that OpenAI knows; `type` has ours.
    private static func code(_ error: ServiceError) -> String {
        switch error.code {
        case .overloaded, .rateLimited, .budgetExceeded: "rate_limit_exceeded"
        case .invalidValue, .contextLengthExceeded, .unsupported: "invalid_prompt"
        default: "server_error"
        }
    }

    // MARK: Items

    enum ItemStatus: String {
        case inProgress = "in_progress"
        case completed
        case incomplete
    }

    func itemID(_ kind: AnswerPart.Kind, _ index: Int) -> String {
        let prefix =
            switch kind {
            case .reasoning: "rs"
            case .text: "msg"
            case .toolCall: "fc"
            }
        return "\(prefix)_\(suffix)_\(index)"
    }

    func item(_ part: AnswerPart, _ status: ItemStatus) -> JSONValue {
        switch part.kind {
        case .reasoning, .text:
            item(part.kind, part.index, status, content: [content(part.kind, part.text, part.logprobs)])
        case .toolCall: item(part.kind, part.index, status, content: [], arguments: part.text)
        }
    }

    func item(
        _ kind: AnswerPart.Kind, _ index: Int, _ status: ItemStatus, content: [JSONValue], arguments: String = ""
    ) -> JSONValue {
        let id = JSONValue.string(itemID(kind, index))
        let status = JSONValue.string(status.rawValue)
        return switch kind {
        case .reasoning:
            [
                "id": id, "type": "reasoning", "summary": [], "content": .array(content), "encrypted_content": nil,
                "status": status,
            ]
        case .text:
            ["id": id, "type": "message", "status": status, "role": "assistant", "content": .array(content)]
        case .toolCall(let callID, let name):
            [
                "id": id, "type": "function_call", "status": status, "call_id": .string(callID), "name": .string(name),
                "arguments": .string(arguments),
            ]
        }
    }

    /// The one part that thinking and texts have.
    func content(_ kind: AnswerPart.Kind, _ text: String, _ tokens: [TokenLogprob] = []) -> JSONValue {
        guard case .text = kind else { return ["type": "reasoning_text", "text": .string(text)] }
        return ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": logprobs(tokens)]
    }

    func logprobs(_ tokens: [TokenLogprob]) -> JSONValue { tellsLogprobs ? AnswerReports.logprobs(tokens) : [] }
}

extension ResponseFrame {
    /// The object of an answer that is not streamed.
    func whole(_ answer: CollectedAnswer, warnings: [GenerationWarning]) -> JSONValue {
        let output = answer.parts.enumerated().map { index, part in
            item(part, Self.status(answer.end, isLast: index == answer.parts.count - 1))
        }
        return response(.ended(answer.end), output: output, warnings: warnings + answer.warnings)
    }

    /// The last item of an answer that was cut is cut itself.
    static func status(_ end: GenerationEnd, isLast: Bool) -> ItemStatus {
        isLast && end.reason == .length ? .incomplete : .completed
    }
}
