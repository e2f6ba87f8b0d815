import JSONText
import Vocabulary

/// Writes the stream of one answer in llama-server's own shape: one chunk for each token, then one that tells of the end.
struct NativeEncoder: ChoiceEncoding {
    private let answer: NativeAnswer
    private let index: Int
    private let tellsTimings: Bool
    private let tellsProbabilities: Bool
    private var slot: Int?
    private var promptTokens = 0
    private var hasLineBreak = false
    /// The token whose text is still to come, and how likely it was.
    private var token: TokenReport?
    private var probabilities: [TokenLogprob] = []

    init(_ request: CompletionRequest, model: ModelID, choice: Int) {
        answer = NativeAnswer(request, model: model)
        index = choice
        tellsTimings = request.wishes.tellsTimings
        tellsProbabilities = (request.generation.topLogprobs ?? 0) > 0
    }

    mutating func chunks(for event: GenerationEvent) -> [JSONValue] {
        switch event {
        case .loading: return []
        case .queued(let position):
            var chunk = bare("")
            chunk["nexus"] = ["queue_position": .whole(position)]
            return [.object(chunk)]
        case .promptProgress(let progress):
            var chunk = bare("")
            chunk["prompt_progress"] = progress.value
            if tellsTimings { chunk["timings"] = progress.timings }
            return [.object(chunk)]
        case .started(let start):
            slot = start.slot
            promptTokens = start.promptTokens ?? 0
            return []
        case .token(let report):
            defer { token = report }
            return token == nil ? [] : [chunk("")]
        case .logprobs(let tokens):
            probabilities += tokens
            return []
        case .text(let text), .reasoning(let text):
            if text.utf8.contains(UInt8(ascii: "\n")) { hasLineBreak = true }
            return [chunk(text)]
        case .warning(let warning):
            var chunk = bare("")
            chunk["nexus"] = ["warnings": [warning.value]]
            return [.object(chunk)]
        case .finished(let end):
            let before = token == nil ? [] : [chunk("")]
            return before + [answer.last(end, index: index, hasLineBreak: hasLineBreak)]
        case .toolCall, .promptLogprobs: return []
        }
    }

    mutating func failed() -> [JSONValue] { [] }

    /// A chunk with the token that waits.
    private mutating func chunk(_ text: String) -> JSONValue {
        var chunk = bare(text)
        if let token {
            chunk["tokens"] = [.integer(Int64(token.id))]
            chunk["tokens_predicted"] = .whole(token.usage.completionTokens)
            if tellsTimings { chunk["timings"] = token.timings.value(token.usage) }
        }
        if tellsProbabilities { chunk["completion_probabilities"] = .array(probabilities.map(\.value)) }
        token = nil
        probabilities = []
        return .object(chunk)
    }

    private func bare(_ text: String) -> JSONObject {
        [
            "index": .whole(index), "content": .string(text), "tokens": [], "stop": false,
            "id_slot": .whole(slot ?? -1), "tokens_predicted": 0, "tokens_evaluated": .whole(promptTokens),
        ]
    }
}
