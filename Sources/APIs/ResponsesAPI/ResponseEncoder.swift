import JSONText
import OpenAIAPI
import Streaming
import Vocabulary

/// Writes one response as OpenAI's typed events. Each has a number, from 0 without gaps.
///
/// Source: OpenAI's API reference, "Streaming events".
struct ResponseEncoder: AnswerEncoding {
    private let frame: ResponseFrame
    /// The response object at its end; `nil` before.
    private(set) var last: JSONValue?
    private var parts = AnswerParts()
    /// The items that are done.
    private var output: [JSONValue] = []
    private var warnings: [GenerationWarning]
    private var number = 0
    /// Where the time went until the last token, for the next piece; only where it was asked for.
    private var timings: JSONValue?

    init(_ request: ResponseRequest, model: ModelID, created: Int64) {
        frame = ResponseFrame(request, model: model, created: created)
        warnings = request.warnings
    }

    mutating func start() -> [ServerSentEvent] {
        [
            event("response.created", ["response": frame.response(.inProgress)]),
            event("response.in_progress", ["response": frame.response(.inProgress)]),
        ]
    }

    mutating func events(for event: GenerationEvent) throws(ServiceError) -> [ServerSentEvent] {
        switch event {
        case .queued(let position):
            return [
                self.event(
                    "response.queued",
                    ["response": frame.response(.queued), "nexus": ["queue_position": .whole(position)]])
            ]
        case .promptProgress(let progress):
            return [
                self.event(
                    "response.in_progress",
                    ["response": frame.response(.inProgress), "prompt_progress": AnswerReports.progress(progress)])
            ]
        case .warning(let warning):
            warnings.append(warning)
            return []
        case .token(let report):
            timings = AnswerReports.timings(report)
            return []
        case .finished(let end):
            let steps = try parts.take(event)
            return self.steps(steps, closing: ResponseFrame.status(end, isLast: true)) + [ending(end)]
        default:
            return steps(try parts.take(event), closing: .completed)
        }
    }

    mutating func failure(_ error: ServiceError) -> [ServerSentEvent] {
        let steps = steps(parts.finish(), closing: .incomplete)
        let response = frame.response(.failed(error), output: output, warnings: warnings)
        last = response
        return steps + [event("response.failed", ["response": response])]
    }

    /// The response as it is when somebody cancels it.
    mutating func cancelled() -> JSONValue {
        _ = steps(parts.finish(), closing: .incomplete)
        let response = frame.response(.cancelled, output: output, warnings: warnings)
        last = response
        return response
    }

    private mutating func ending(_ end: GenerationEnd) -> ServerSentEvent {
        let response = frame.response(.ended(end), output: output, warnings: warnings)
        last = response
        var members: JSONObject = ["response": response]
        members["timings"] = AnswerReports.timings(end)
        return event(end.reason == .length ? "response.incomplete" : "response.completed", members)
    }

    // MARK: Items

    private mutating func steps(_ steps: [PartStep], closing status: ResponseFrame.ItemStatus) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for step in steps {
            switch step {
            case .opened(let kind, let place): events += opened(kind, place)
            case .grew(let kind, let place, let text, let tokens): events.append(grew(kind, place, text, tokens))
            case .closed(let part): events += closed(part, status)
            }
        }
        return events
    }

    private mutating func opened(_ kind: AnswerPart.Kind, _ index: Int) -> [ServerSentEvent] {
        let item = frame.item(kind, index, .inProgress, content: [])
        let added = event("response.output_item.added", ["output_index": .whole(index), "item": item])
        guard kind.hasContent else { return [added] }
        return [added, place("response.content_part.added", kind, index, ["part": frame.content(kind, "")])]
    }

    private mutating func grew(
        _ kind: AnswerPart.Kind, _ index: Int, _ text: String, _ tokens: [TokenLogprob]
    ) -> ServerSentEvent {
        var members: JSONObject = ["delta": .string(text)]
        members["timings"] = timings
        timings = nil
        switch kind {
        case .reasoning: return place("response.reasoning_text.delta", kind, index, members)
        case .text:
            members["logprobs"] = frame.logprobs(tokens)
            return place("response.output_text.delta", kind, index, members)
        case .toolCall: return place("response.function_call_arguments.delta", kind, index, members)
        }
    }

    private mutating func closed(_ part: AnswerPart, _ status: ResponseFrame.ItemStatus) -> [ServerSentEvent] {
        let text = JSONValue.string(part.text)
        var events: [ServerSentEvent]
        switch part.kind {
        case .reasoning: events = [place("response.reasoning_text.done", part.kind, part.index, ["text": text])]
        case .text:
            events = [
                place(
                    "response.output_text.done", part.kind, part.index,
                    ["text": text, "logprobs": frame.logprobs(part.logprobs)])
            ]
        case .toolCall(_, let name):
            events = [
                place(
                    "response.function_call_arguments.done", part.kind, part.index,
                    ["name": .string(name), "arguments": text])
            ]
        }
        if part.kind.hasContent {
            let content = frame.content(part.kind, part.text, part.logprobs)
            events.append(place("response.content_part.done", part.kind, part.index, ["part": content]))
        }
        let item = frame.item(part, status)
        output.append(item)
        return events + [event("response.output_item.done", ["output_index": .whole(part.index), "item": item])]
    }

    /// An event about a place in the answer.
    private mutating func place(
        _ type: String, _ kind: AnswerPart.Kind, _ index: Int, _ members: JSONObject
    ) -> ServerSentEvent {
        var all: JSONObject = ["item_id": .string(frame.itemID(kind, index)), "output_index": .whole(index)]
        if kind.hasContent { all["content_index"] = 0 }
        for (name, value) in members { all[name] = value }
        return event(type, all)
    }

    private mutating func event(_ type: String, _ members: JSONObject) -> ServerSentEvent {
        var object: JSONObject = ["type": .string(type), "sequence_number": .whole(number)]
        number += 1
        for (name, value) in members { object[name] = value }
        return ServerSentEvent(event: type, data: JSONValue.object(object).text)
    }
}

extension AnswerPart.Kind {
    /// Thinking and texts have one part each, calls have none.
    fileprivate var hasContent: Bool { if case .toolCall = self { false } else { true } }
}
