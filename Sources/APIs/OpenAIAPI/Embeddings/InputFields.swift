import JSONText
import Vocabulary

/// Reads texts that become vectors, in every form that OpenAI and llama-server know, and what is to be done with those that
/// are too long.
enum InputFields {
    /// Inputs of one request. OpenAI's bound.
    static let inputsMax = 2_048
    /// Parts of one input.
    static let partsMax = 1_024

    /// One input or a list of them. An input is a text, a list of token ids and texts, or an object with a text in
    /// `prompt_string` or with parts of text in `content`.
    static func inputs(_ field: JSONField) throws(JSONFieldError) -> [EmbeddingInput] {
        guard case .array(let elements) = field.value else { return [try input(field)] }
        guard !elements.isEmpty else { throw field.fail("must not be empty") }
        // A list with a number in it is one sequence, however long.
        if elements.contains(where: { $0.double != nil }) { return [try sequence(field)] }
        var inputs: [EmbeddingInput] = []
        for element in try field.elements(countMax: inputsMax) { inputs.append(try input(element)) }
        return inputs
    }

    private static func input(_ field: JSONField) throws(JSONFieldError) -> EmbeddingInput {
        switch field.value {
        case .string(let text): return .text(text)
        case .array: return try sequence(field)
        case .object:
            if let text = try field.optional("prompt_string") { return .text(try text.string()) }
            guard let content = try field.optional("content") else {
                throw field.fail("must have \"prompt_string\" or \"content\"")
            }
            return .text(try text(ofParts: content))
        default: throw field.fail("must be a string, an array or an object, not \(field.value.kind)")
        }
    }

    /// Token ids, and texts between them.
    private static func sequence(_ field: JSONField) throws(JSONFieldError) -> EmbeddingInput {
        let elements = try field.elements(countMax: RequestBounds.tokensMax)
        guard !elements.isEmpty else { throw field.fail("must not be empty") }
        guard elements.contains(where: { $0.value.string != nil }) else {
            var tokens: [Int32] = []
            for element in elements { tokens.append(try token(element)) }
            return .tokens(tokens)
        }
        var pieces: [EmbeddingInput.Piece] = []
        for element in elements {
            if case .string(let text) = element.value {
                pieces.append(.text(text))
            } else {
                pieces.append(.token(try token(element)))
            }
        }
        return .mixed(pieces)
    }

    private static func token(_ field: JSONField) throws(JSONFieldError) -> Int32 {
        Int32(try field.integer(in: 0...Int(Int32.max)))
    }

    /// The texts of OpenAI's content parts, one after the other.
    private static func text(ofParts field: JSONField) throws(JSONFieldError) -> String {
        var text = ""
        for part in try field.elements(countMax: partsMax) {
            let type = try part.required("type")
            guard try type.string() == "text" else {
                throw type.fail("must be \"text\": this model reads nothing else")
            }
            text += try part.required("text").string()
        }
        return text
    }

    /// Whether and how texts that are too long are cut: `truncate` as a flag (TEI, Jina) or as `NONE`, `START`, `END`
    /// (Cohere), `truncation_direction` beside it (TEI), or `truncate_prompt_tokens` (vLLM, -1 for what the model reads).
    ///
    /// - Returns: `nil` to refuse them.
    static func truncation(_ root: JSONField) throws(JSONFieldError) -> Truncation? {
        if let field = try root.optional("truncate_prompt_tokens") {
            let most = try field.integer(in: -1...Int(Int32.max))
            guard most != 0 else { throw field.fail("must be -1 or at least 1") }
            return Truncation(side: try side(root), tokensMax: most < 0 ? nil : most)
        }
        guard let field = try root.optional(firstOf: ["truncate", "truncation"]) else { return nil }
        if case .bool(let flag) = field.value { return flag ? Truncation(side: try side(root)) : nil }
        switch try field.string().uppercased() {
        case "NONE": return nil
        case "START": return Truncation(side: .start)
        case "END": return Truncation(side: .end)
        default: throw field.fail("must be true, false, \"NONE\", \"START\" or \"END\"")
        }
    }

    private static func side(_ root: JSONField) throws(JSONFieldError) -> Truncation.Side {
        guard let field = try root.optional("truncation_direction") else { return .end }
        switch try field.string().lowercased() {
        case "left": return .start
        case "right": return .end
        default: throw field.fail("must be \"Left\" or \"Right\"")
        }
    }
}
