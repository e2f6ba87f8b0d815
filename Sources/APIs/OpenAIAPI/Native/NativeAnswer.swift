import JSONText
import Vocabulary

/// llama-server's own shape of an answer.
///
/// Source: `tools/server/README.md` of llama.cpp, "Completion". What the engine did not tell is left out.
struct NativeAnswer {
    private let request: CompletionRequest
    private let model: String

    init(_ request: CompletionRequest, model: ModelID) {
        self.request = request
        self.model = model.name
    }

    /// One answer is an object, several are an array of them.
    func value(_ answers: [CompletionAnswer]) -> JSONValue {
        guard answers.count != 1 else { return value(answers[0], index: 0) }
        return .array(answers.enumerated().map { value($1, index: $0) })
    }

    /// A whole answer.
    func value(_ answer: CompletionAnswer, index: Int) -> JSONValue {
        var last = end(answer.end, index: index, hasLineBreak: answer.text.utf8.contains(UInt8(ascii: "\n")))
        last["content"] = .string(answer.text)
        if request.wishes.returnsTokens { last["tokens"] = .array(answer.tokens.map { .integer(Int64($0)) }) }
        let probabilities = Self.withoutStop(answer)
        if (request.generation.topLogprobs ?? 0) > 0 {
            last["completion_probabilities"] = .array(probabilities.map(\.value))
        }
        if !answer.warnings.isEmpty { last["nexus"] = ["warnings": .array(answer.warnings.map(\.value))] }
        return filtered(last)
    }

    /// The last chunk of a stream, whose text and tokens were told before.
    func last(_ end: GenerationEnd, index: Int, hasLineBreak: Bool) -> JSONValue {
        filtered(self.end(end, index: index, hasLineBreak: hasLineBreak))
    }

    private func end(_ end: GenerationEnd, index: Int, hasLineBreak: Bool) -> JSONObject {
        let usage = end.usage
        var object: JSONObject = [
            "index": .whole(index), "content": "", "tokens": [], "id_slot": .whole(end.slot ?? -1), "stop": true,
            "model": .string(model), "tokens_predicted": .whole(usage.completionTokens),
            "tokens_evaluated": .whole(usage.promptTokens),
        ]
        if let details = end.details {
            object["generation_settings"] = NativeSettings.value(details, request)
            object["prompt"] = .string(details.prompt)
        }
        object["has_new_line"] = .bool(hasLineBreak)
        object["truncated"] = .bool(end.isTruncated)
        object["stop_type"] = .string(end.reason == .length ? "limit" : end.stopText == nil ? "eos" : "word")
        object["stopping_word"] = .string(end.stopText ?? "")
        object["tokens_cached"] = .whole(usage.promptTokens + max(0, usage.completionTokens - 1))
        object["timings"] = end.timings?.value(usage)
        return object
    }

    /// The tokens of the text; those of a stop text are not in it.
    private static func withoutStop(_ answer: CompletionAnswer) -> ArraySlice<TokenLogprob> {
        var tokens = answer.logprobs[...]
        guard answer.end.stopText != nil else { return tokens }
        var bytes = tokens.reduce(0) { $0 + $1.chosen.bytes.count }
        while let last = tokens.last, bytes - last.chosen.bytes.count >= answer.text.utf8.count,
            !last.chosen.bytes.isEmpty
        {
            bytes -= last.chosen.bytes.count
            tokens.removeLast()
        }
        return tokens
    }

    /// Only what was asked for, where something was; a path with slashes becomes a member of that name.
    private func filtered(_ object: JSONObject) -> JSONValue {
        guard !request.wishes.fields.isEmpty else { return .object(object) }
        var some = JSONObject()
        for path in request.wishes.fields {
            var place: JSONValue? = .object(object)
            for name in path.split(separator: "/", omittingEmptySubsequences: false) { place = place?[String(name)] }
            some[path] = place
        }
        return .object(some)
    }
}
