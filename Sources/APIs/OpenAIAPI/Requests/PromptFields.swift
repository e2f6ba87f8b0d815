import JSONText
import Vocabulary

/// Reads the prompts of a text completion.
enum PromptFields {
    /// A prompt is a text, a list of token ids, a list of texts and ids, or llama-server's object `{"prompt_string": …}`;
    /// `prompt` is one prompt or a list of them. A list with a number in it is one prompt.
    static func prompts(_ field: JSONField) throws(JSONFieldError) -> [GenerationRequest.Prompt] {
        guard let elements = field.value.array else { return [try prompt(field)] }
        guard !elements.isEmpty else { throw field.fail("must not be empty") }
        if elements.contains(where: { $0.double != nil }) { return [try prompt(field)] }
        var prompts: [GenerationRequest.Prompt] = []
        for element in try field.elements(countMax: RequestBounds.choicesMax) { prompts.append(try prompt(element)) }
        return prompts
    }

    private static func prompt(_ field: JSONField) throws(JSONFieldError) -> GenerationRequest.Prompt {
        switch field.value {
        case .string(let text): return .text(text)
        case .array:
            let pieces = try pieces(field)
            guard !pieces.isEmpty else { throw field.fail("must not be empty") }
            var tokens: [Int32] = []
            for piece in pieces {
                guard case .token(let token) = piece else { return .pieces(pieces) }
                tokens.append(token)
            }
            return .tokens(tokens)
        case .object:
            let text = try field.required("prompt_string")
            if let media = try field.optional("multimodal_data") {
                let hasMark = text.value.string?.contains(MediaFields.mark) == true
                if hasMark || media.value.array?.isEmpty != true { return try MediaFields.markedPrompt(field) }
            }
            return try prompt(text)
        default: throw field.fail("must be a string or an array, not \(field.value.kind)")
        }
    }

    /// A text, or texts and token ids in turn.
    static func pieces(_ field: JSONField) throws(JSONFieldError) -> [MixedPiece] {
        if case .string(let text) = field.value { return [.text(text)] }
        guard field.value.array != nil else {
            throw field.fail("must be a string or an array, not \(field.value.kind)")
        }
        var pieces: [MixedPiece] = []
        for element in try field.elements(countMax: RequestBounds.tokensMax) {
            if case .string(let text) = element.value {
                pieces.append(.text(text))
            } else {
                pieces.append(.token(Int32(try element.integer(in: 0...Int(Int32.max)))))
            }
        }
        return pieces
    }

    /// The same as JSON.
    static func value(_ pieces: [MixedPiece]) -> JSONValue {
        if pieces.count == 1, case .text(let text) = pieces[0] { return .string(text) }
        return .array(
            pieces.map { piece in
                switch piece {
                case .text(let text): .string(text)
                case .token(let token): .integer(Int64(token))
                }
            })
    }
}
