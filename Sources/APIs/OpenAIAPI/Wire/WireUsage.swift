import JSONText
import Vocabulary

extension TokenUsage {
    /// OpenAI's `usage`.
    var value: JSONValue {
        [
            "prompt_tokens": .whole(promptTokens), "completion_tokens": .whole(completionTokens),
            "total_tokens": .whole(totalTokens),
            "prompt_tokens_details": ["cached_tokens": .whole(cachedTokens)],
            "completion_tokens_details": ["reasoning_tokens": .whole(reasoningTokens)],
        ]
    }

    /// Writes the same.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("prompt_tokens", .whole(promptTokens))
            writer.member("completion_tokens", .whole(completionTokens))
            writer.member("total_tokens", .whole(totalTokens))
            writer.member("prompt_tokens_details") { writer in
                writer.object { $0.member("cached_tokens", .whole(cachedTokens)) }
            }
            writer.member("completion_tokens_details") { writer in
                writer.object { $0.member("reasoning_tokens", .whole(reasoningTokens)) }
            }
        }
    }

    init(_ value: JSONValue) {
        let (prompt, completion) = (value["prompt_tokens"].count, value["completion_tokens"].count)
        self.init(
            promptTokens: prompt, completionTokens: completion,
            cachedTokens: min(value["prompt_tokens_details"]?["cached_tokens"].count ?? 0, prompt),
            reasoningTokens: min(value["completion_tokens_details"]?["reasoning_tokens"].count ?? 0, completion))
    }

    /// The same from a text that is read piece by piece, where an object comes next.
    init(reading reader: inout JSONReader) throws(JSONSyntaxError) {
        var (prompt, completion): (JSONValue?, JSONValue?)
        var (promptDetails, completionDetails): (JSONValue?, JSONValue?)
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "prompt_tokens": prompt = try reader.value()
            case "completion_tokens": completion = try reader.value()
            case "prompt_tokens_details": promptDetails = try reader.value()
            case "completion_tokens_details": completionDetails = try reader.value()
            default: try reader.skip()
            }
        }
        self.init(
            promptTokens: prompt.count, completionTokens: completion.count,
            cachedTokens: min(promptDetails?["cached_tokens"].count ?? 0, prompt.count),
            reasoningTokens: min(completionDetails?["reasoning_tokens"].count ?? 0, completion.count))
    }

    /// What several choices used together. A prompt counts once, however many answers it got.
    ///
    /// - Parameters:
    ///   - choices: of each choice, all of the first prompt first.
    ///   - choicesPerPrompt: how many answers each prompt got.
    init(sumOf choices: [TokenUsage], choicesPerPrompt: Int) {
        self.init(promptTokens: 0, completionTokens: 0)
        for (index, usage) in choices.enumerated() {
            completionTokens += usage.completionTokens
            reasoningTokens += usage.reasoningTokens
            guard index % choicesPerPrompt == 0 else { continue }
            promptTokens += usage.promptTokens
            cachedTokens += usage.cachedTokens
        }
    }
}
