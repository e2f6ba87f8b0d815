public import JSONText
public import Vocabulary

/// The parts of an answer that every dialect tells beside it, in OpenAI's, llama-server's and our own words.
public enum AnswerReports {
    /// What stands in `nexus` at the end of an answer.
    ///
    /// - Parameters:
    ///   - end: the last event.
    ///   - warnings: what went differently.
    /// - Returns: an object; `nil` when there is nothing to tell.
    public static func nexus(_ end: GenerationEnd, warnings: [GenerationWarning]) -> JSONValue? {
        let object = end.nexus(warnings: warnings)
        return object.isEmpty ? nil : .object(object)
    }

    /// Warnings alone, for answers that failed.
    public static func warnings(_ warnings: [GenerationWarning]) -> JSONValue { .array(warnings.map(\.value)) }

    /// llama-server's `timings`.
    public static func timings(_ end: GenerationEnd) -> JSONValue? { end.timings?.value(end.usage) }

    /// The same until a token in the middle.
    public static func timings(_ token: TokenReport) -> JSONValue { token.timings.value(token.usage) }

    /// llama-server's `prompt_progress`.
    public static func progress(_ progress: PromptProgress) -> JSONValue { progress.value }

    /// Tokens with their likelihoods, as OpenAI lists them.
    public static func logprobs(_ tokens: [TokenLogprob]) -> JSONValue { .array(tokens.map(\.value)) }
}
