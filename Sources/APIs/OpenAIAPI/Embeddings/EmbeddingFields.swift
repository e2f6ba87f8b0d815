import JSONText
import RequestScope
import Vocabulary

/// Reads requests for vectors.
struct EmbeddingFields {
    /// How vectors are written.
    enum Encoding: String, CaseIterable {
        case float
        /// 32-bit numbers, little endian, in base 64.
        case base64
    }

    let request: EmbeddingRequest
    let encoding: Encoding

    /// Inputs of one request. OpenAI's bound.
    static let inputsMax = 2_048

    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - isNative: llama-server's own form, in which vectors of tokens are welcome and `content` is another name for
    ///     `input`.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    init(_ body: [UInt8], id: RequestID, isNative: Bool) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            let field =
                isNative
                ? try root.optional(firstOf: ["content", "input"]) ?? root.required("input")
                : try root.required("input")
            request = EmbeddingRequest(
                id: id, model: ModelID(try root.optional("model")?.string() ?? ""), inputs: try Self.inputs(field),
                dimensions: try root.optional("dimensions")?.integer(in: 1...Int(Int32.max)),
                norm: try root.optional("embd_normalize").map { field throws(JSONFieldError) in
                    EmbeddingNorm(number: try field.integer(in: -1...100))
                },
                needsPooling: !isNative,
                deadline: try NexusFields(root, over: SchedulingOptions()).scheduling.deadline)
            encoding = try Self.encoding(root.optional("encoding_format"))
        } catch {
            throw ServiceError(reading: error)
        }
    }

    private static func encoding(_ field: JSONField?) throws(JSONFieldError) -> Encoding {
        guard let field else { return .float }
        guard let encoding = Encoding(rawValue: try field.string()) else {
            throw field.fail("must be 'float' or 'base64'")
        }
        return encoding
    }

    /// A text, a list of token ids, or a list of these.
    private static func inputs(_ field: JSONField) throws(JSONFieldError) -> [EmbeddingInput] {
        if case .string(let text) = field.value { return [.text(text)] }
        guard let elements = field.value.array else {
            throw field.fail("must be a string or an array, not \(field.value.kind)")
        }
        guard let first = elements.first else { throw field.fail("must not be empty") }
        if first.double != nil { return [try tokens(field)] }
        var inputs: [EmbeddingInput] = []
        for element in try field.elements(countMax: inputsMax) {
            if case .string(let text) = element.value {
                inputs.append(.text(text))
            } else {
                inputs.append(try tokens(element))
            }
        }
        return inputs
    }

    private static func tokens(_ field: JSONField) throws(JSONFieldError) -> EmbeddingInput {
        var tokens: [Int32] = []
        for element in try field.elements(countMax: RequestBounds.tokensMax) {
            tokens.append(Int32(try element.integer(in: 0...Int(Int32.max))))
        }
        guard !tokens.isEmpty else { throw field.fail("must not be empty") }
        return .tokens(tokens)
    }
}
