import JSONText
import Vocabulary

/// Reads the prompts of a text completion.
enum PromptFields {
    /// A prompt is a text, a list of token ids, or an object of a text and what is to stand at its marks; `prompt` is one
    /// prompt or a list of them.
    static func prompts(_ field: JSONField) throws(JSONFieldError) -> [GenerationRequest.Prompt] {
        if case .string(let text) = field.value { return [.text(text)] }
        if case .object = field.value { return [try MediaFields.markedPrompt(field)] }
        guard let elements = field.value.array else {
            throw field.fail("must be a string or an array, not \(field.value.kind)")
        }
        guard let first = elements.first else { throw field.fail("must not be empty") }
        if first.double != nil { return [try tokens(field)] }
        var prompts: [GenerationRequest.Prompt] = []
        for element in try field.elements(countMax: RequestBounds.choicesMax) {
            if case .string(let text) = element.value {
                prompts.append(.text(text))
            } else if case .object = element.value {
                prompts.append(try MediaFields.markedPrompt(element))
            } else {
                prompts.append(try tokens(element))
            }
        }
        return prompts
    }

    private static func tokens(_ field: JSONField) throws(JSONFieldError) -> GenerationRequest.Prompt {
        var tokens: [Int32] = []
        for element in try field.elements(countMax: RequestBounds.tokensMax) {
            tokens.append(Int32(try element.integer(in: 0...Int(Int32.max))))
        }
        guard !tokens.isEmpty else { throw field.fail("must not be empty") }
        return .tokens(tokens)
    }
}
