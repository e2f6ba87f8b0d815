import JSONText
import Vocabulary

/// What only text completions have: `echo`, `suffix` and `best_of` of OpenAI's older API.
enum EchoFields {
    /// The prompts; with a `suffix` each of them is what stands before a gap.
    static func prompts(_ root: JSONField) throws(JSONFieldError) -> [GenerationRequest.Prompt] {
        let prompts = try PromptFields.prompts(root.required("prompt"))
        guard let suffix = try root.optional("suffix")?.string(), !suffix.isEmpty else { return prompts }
        return prompts.map { prompt in
            switch prompt {
            case .text(let text): .infill(InfillPrompt(prefix: [.text(text)], suffix: [.text(suffix)]))
            case .tokens(let tokens): .infill(InfillPrompt(prefix: tokens.map { .token($0) }, suffix: [.text(suffix)]))
            case .pieces(let pieces): .infill(InfillPrompt(prefix: pieces, suffix: [.text(suffix)]))
            case .chat, .parts, .infill: prompt
            }
        }
    }

    /// Reads `echo`, for which the engine must tell more of the prompt where it is no text or where probabilities are wanted.
    static func read(_ root: JSONField, into request: inout CompletionRequest) throws(JSONFieldError) {
        request.wishes.echoesPrompt = try root.optional("echo")?.bool() ?? false
        guard request.wishes.echoesPrompt else { return }
        let prompts = [request.generation.prompt] + request.otherPrompts
        if prompts.contains(where: { $0.plainText == nil }) { request.generation.reports.details = true }
        if request.generation.topLogprobs != nil { request.generation.reports.promptTokens = true }
    }

    /// Adds a gap to a request for another server: what is before it, and what is after it as text.
    static func write(_ infill: InfillPrompt, to body: inout JSONObject) {
        body["prompt"] = PromptFields.value(infill.prefix + (infill.middle.isEmpty ? [] : [.text(infill.middle)]))
        body["suffix"] = .string(
            infill.suffix.map { piece in if case .text(let text) = piece { text } else { "" } }.joined())
    }
}

extension GenerationRequest.Prompt {
    /// The prompt as it was written, where it is a text.
    var plainText: String? {
        switch self {
        case .text(let text): text
        case .infill(let infill):
            if infill.prefix.count == 1, case .text(let text) = infill.prefix[0] { text } else { nil }
        case .chat, .parts, .tokens, .pieces: nil
        }
    }
}
