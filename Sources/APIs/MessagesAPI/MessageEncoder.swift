import JSONText
import OpenAIAPI
import Streaming
import Vocabulary

/// Writes one message as Anthropic's events.
///
/// Source: Anthropic's documentation, "Streaming Messages".
struct MessageEncoder: AnswerEncoding {
    private let frame: MessageFrame
    private let requestID: RequestID
    private var parts = AnswerParts()
    private var warnings: [GenerationWarning]
    private var hasStarted = false

    init(_ request: MessageRequest, model: ModelID) {
        frame = MessageFrame(request, model: model)
        requestID = request.generation.id
        warnings = request.warnings
    }

    /// Nothing: the first event tells how long the prompt is.
    mutating func start() -> [ServerSentEvent] { [] }

    mutating func events(for event: GenerationEvent) throws(ServiceError) -> [ServerSentEvent] {
        switch event {
        case .queued(let position): return [Self.ping(["nexus": ["queue_position": .whole(position)]])]
        case .promptProgress(let progress): return [Self.ping(["prompt_progress": AnswerReports.progress(progress)])]
        case .started(let start): return begin(prompt: start.promptTokens ?? 0, cached: start.cachedTokens ?? 0)
        case .warning(let warning):
            warnings.append(warning)
            return []
        case .finished(let end):
            let first = begin(prompt: end.usage.promptTokens, cached: end.usage.cachedTokens)
            return first + Self.events(try parts.take(event)) + ending(end)
        default:
            let more = Self.events(try parts.take(event))
            return more.isEmpty ? [] : begin(prompt: 0, cached: 0) + more
        }
    }

    mutating func failure(_ error: ServiceError) -> [ServerSentEvent] {
        let body = MessageErrors.body(error, requestID: requestID)
        return [ServerSentEvent(event: "error", data: body.text)]
    }

    /// The first event, once.
    private mutating func begin(prompt: Int, cached: Int) -> [ServerSentEvent] {
        guard !hasStarted else { return [] }
        hasStarted = true
        let usage = frame.usage(prompt: prompt, cached: cached, completion: 0)
        return [Self.event("message_start", ["message": .object(frame.message([], usage: usage))])]
    }

    private func ending(_ end: GenerationEnd) -> [ServerSentEvent] {
        var members: JSONObject = [
            "delta": .object(frame.stop(end)), "usage": frame.usage(end.usage),
        ]
        members["nexus"] = AnswerReports.nexus(end, warnings: warnings)
        return [Self.event("message_delta", members), Self.event("message_stop", [:])]
    }

    // MARK: Blocks

    private static func events(_ steps: [PartStep]) -> [ServerSentEvent] {
        steps.flatMap { step -> [ServerSentEvent] in
            switch step {
            case .opened(let kind, let index):
                return [event("content_block_start", ["index": .whole(index), "content_block": empty(kind)])]
            case .grew(let kind, let index, let text, _): return [delta(index, more(kind, text))]
            case .closed(let part):
                let stop = event("content_block_stop", ["index": .whole(part.index)])
                guard case .reasoning = part.kind else { return [stop] }
                // Clients wait for a signature; only Anthropic's own thinking has one.
                return [delta(part.index, ["type": "signature_delta", "signature": ""]), stop]
            }
        }
    }

    private static func empty(_ kind: AnswerPart.Kind) -> JSONValue {
        switch kind {
        case .reasoning: ["type": "thinking", "thinking": "", "signature": ""]
        case .text: ["type": "text", "text": ""]
        case .toolCall(let id, let name): ["type": "tool_use", "id": .string(id), "name": .string(name), "input": [:]]
        }
    }

    private static func more(_ kind: AnswerPart.Kind, _ text: String) -> JSONValue {
        switch kind {
        case .reasoning: ["type": "thinking_delta", "thinking": .string(text)]
        case .text: ["type": "text_delta", "text": .string(text)]
        case .toolCall: ["type": "input_json_delta", "partial_json": .string(text)]
        }
    }

    private static func delta(_ index: Int, _ delta: JSONValue) -> ServerSentEvent {
        event("content_block_delta", ["index": .whole(index), "delta": delta])
    }

    /// Breaks a silence. Clients skip it, whatever it holds.
    static func ping(_ members: JSONObject = [:]) -> ServerSentEvent { event("ping", members) }

    private static func event(_ type: String, _ members: JSONObject) -> ServerSentEvent {
        var object: JSONObject = ["type": .string(type)]
        for (name, value) in members { object[name] = value }
        return ServerSentEvent(event: type, data: JSONValue.object(object).text)
    }
}
