public import JSONText
import RequestScope
public import Vocabulary

/// Writes the stream of one choice in OpenAI's format, chunk by chunk.
///
/// All chunks of all choices carry the same `id`, made of the request's id.
public struct CompletionEncoder: Sendable {
    private let frame: AnswerFrame
    private let choice: Int
    private let tellsUsage: Bool
    private var logprobs = WireLogprobs()
    /// Told with the next chunk that says something.
    private var waiting: [TokenLogprob] = []
    /// Where the time went until the last token, for the next chunk that says something.
    private var timings: JSONValue?
    /// The chunks that tell nothing but text.
    private var plain: ChunkTemplate?
    private let request: CompletionRequest
    private let model: ModelID

    /// An encoder for one choice.
    ///
    /// - Parameters:
    ///   - request: what was asked for.
    ///   - model: the name to answer with.
    ///   - created: Unix time in seconds.
    ///   - choice: the choice's number.
    public init(_ request: CompletionRequest, model: ModelID, created: Int64, choice: Int = 0) {
        frame = AnswerFrame(request, model: model, created: created)
        self.choice = choice
        self.request = request
        self.model = model
        tellsUsage = request.includesUsage
    }

    /// The chunks that follow from an event: one or none.
    public mutating func chunks(for event: GenerationEvent) -> [JSONValue] {
        switch event {
        case .loading(let stage):
            return request.generation.scheduling.reportsProgress ? [quiet("nexus", stage.value)] : []
        case .queued(let position):
            return [quiet("nexus", ["queue_position": .whole(position)])]
        case .promptProgress(let progress):
            var chunk = bare([:], logprobs: .null, finishReason: nil)
            chunk["prompt_progress"] = progress.value
            if request.wishes.tellsTimings { chunk["timings"] = progress.timings }
            return [.object(chunk)]
        case .started(let start):
            guard frame.kind == .chat else {
                return request.wishes.echoesPrompt && !request.generation.reports.promptTokens ? [echo([])] : []
            }
            // As llama-server has it: there is no text yet.
            var first = chunk(["role": "assistant", "content": nil])
            if tellsUsage { first["nexus"] = start.nexus }
            return [.object(first)]
        case .promptLogprobs(let tokens):
            if request.wishes.echoesPrompt { return [echo(tokens)] }
            return [quiet("nexus", ["prompt_logprobs": .array(tokens.map(\.value))])]
        case .token(let report):
            if request.wishes.tellsTimings { timings = report.timings.value(report.usage) }
            return []
        case .text(let text):
            return [.object(chunk([textName: .string(text)]))]
        case .reasoning(let text):
            return [.object(chunk(["reasoning_content": .string(text)]))]
        case .toolCall(let call):
            if frame.usesFunctions, call.index == 0 { return [.object(chunk(["function_call": call.function]))] }
            return [.object(chunk(["tool_calls": [call.value]]))]
        case .logprobs(let tokens):
            waiting += tokens
            return []
        case .warning(let warning):
            return [quiet("nexus", ["warnings": [warning.value]])]
        case .finished(let end):
            var last = chunk([:], finishReason: frame.finishReason(end.reason))
            last["timings"] = end.timings?.value(end.usage)
            let nexus = end.nexus()
            if !nexus.isEmpty { last["nexus"] = .object(nexus) }
            if request.wishes.isVerbose {
                last["__verbose"] = NativeAnswer(request, model: model).last(end, index: choice, hasLineBreak: false)
            }
            return [.object(last)]
        }
    }

    /// The chunk after all choices that tells what they used.
    ///
    /// - Parameters:
    ///   - usage: of all choices together.
    ///   - timings: where the time of the one choice went.
    /// - Returns: a chunk without choices.
    func chunk(usage: TokenUsage, timings: JSONValue?) -> JSONValue {
        var chunk = frame.chunk(choices: [])
        chunk["usage"] = usage.value
        chunk["timings"] = timings
        return .object(chunk)
    }

    /// The chunk after all choices that tells what they used.
    public func chunk(usage: TokenUsage) -> JSONValue { chunk(usage: usage, timings: nil) }

    /// The finish of a choice that failed, for clients that wait for one. `error(_:requestID:)` stands before it.
    public mutating func failure() -> JSONValue { .object(chunk([:], finishReason: "error")) }

    /// The chunk that tells why a stream ends before its answer.
    public static func error(_ error: ServiceError, requestID: RequestID) -> JSONValue {
        WireError(error, requestID: requestID).body
    }

    /// The event of a stream for a piece of text that nothing is told with; `nil` when something is.
    mutating func plainEvent(_ text: String) -> [UInt8]? {
        guard waiting.isEmpty, timings == nil else { return nil }
        if plain == nil {
            plain = ChunkTemplate(bare([textName: ""], logprobs: .null, finishReason: nil), member: textName)
        }
        return plain?.encoded(text)
    }

    private var textName: String { frame.kind == .chat ? "content" : "text" }

    /// A chunk with members of a choice, and the logprobs that wait.
    private mutating func chunk(_ members: JSONObject, finishReason: String? = nil) -> JSONObject {
        let tokens = logprobs.value(waiting, frame.kind)
        waiting = []
        var object = bare(members, logprobs: tokens, finishReason: finishReason)
        if let told = timings {
            object["timings"] = told
            timings = nil
        }
        return object
    }

    /// The prompt before its answer.
    private mutating func echo(_ tokens: [TokenLogprob]) -> JSONValue {
        let index = choice / max(1, request.choicesPerPrompt)
        let prompts = [request.generation.prompt] + request.otherPrompts
        let text = prompts[min(index, prompts.count - 1)].plainText ?? tokens.text
        let told = logprobs.value(tokens, frame.kind, isPrompt: true)
        return .object(bare(["text": .string(text)], logprobs: told, finishReason: nil))
    }

    /// A chunk that says nothing of the answer itself, but `value` beside it.
    private func quiet(_ name: String, _ value: JSONValue) -> JSONValue {
        var chunk = bare([:], logprobs: .null, finishReason: nil)
        chunk[name] = value
        return .object(chunk)
    }

    private func bare(_ members: JSONObject, logprobs: JSONValue, finishReason: String?) -> JSONObject {
        var object: JSONObject = ["index": .whole(choice)]
        switch frame.kind {
        case .chat: object["delta"] = .object(members)
        case .text:
            object["text"] = ""
            for (name, value) in members { object[name] = value }
        }
        object["logprobs"] = logprobs
        object["finish_reason"] = finishReason.map(JSONValue.string) ?? .null
        return frame.chunk(choices: [.object(object)])
    }
}
