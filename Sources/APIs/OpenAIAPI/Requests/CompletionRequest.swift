public import Vocabulary
import JSONText

/// One request as the client sent it: what to generate, and how to answer.
public struct CompletionRequest: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case chat
        case text
    }

    public var kind: Kind
    public var generation: GenerationRequest
    public var isStreaming: Bool
    /// Whether a stream ends with a chunk that tells the usage.
    public var includesUsage: Bool

    /// Reads the body of `POST /v1/chat/completions`.
    ///
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public static func chat(_ body: [UInt8], id: RequestID) throws(ServiceError) -> CompletionRequest {
        let fields = try RequestFields(body: body)
        try fields.refuseUnsupported()
        do {
            let messages = try ChatFields.messages(fields.root.required("messages"))
            let tools = try ChatFields.tools(fields.root)
            return try CompletionRequest(.chat, fields, id: id, prompt: .chat(messages, tools: tools))
        } catch {
            throw ServiceError(reading: error)
        }
    }

    /// Reads the body of `POST /v1/completions`.
    ///
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public static func text(_ body: [UInt8], id: RequestID) throws(ServiceError) -> CompletionRequest {
        let fields = try RequestFields(body: body)
        try fields.refuseUnsupported()
        do {
            return try CompletionRequest(.text, fields, id: id, prompt: try prompt(fields.root.required("prompt")))
        } catch {
            throw ServiceError(reading: error)
        }
    }

    private init(_ kind: Kind, _ fields: RequestFields, id: RequestID, prompt: GenerationRequest.Prompt)
        throws(JSONFieldError)
    {
        self.kind = kind
        isStreaming = try fields.isStreaming()
        includesUsage = try fields.includesUsage()
        generation = GenerationRequest(
            id: id, model: try fields.model(), prompt: prompt, newTokensMax: try fields.newTokensMax(),
            sampling: try fields.sampling(), stop: try fields.stop(),
            templateVariables: try fields.root.optional("chat_template_kwargs")?.object() ?? [:])
    }

    /// A prompt is a text, a list of token ids, or a list with one of these.
    private static func prompt(_ field: JSONField) throws -> GenerationRequest.Prompt {
        if case .string(let text) = field.value { return .text(text) }
        let elements = try field.elements(countMax: RequestBounds.tokensMax)
        guard let first = elements.first else { throw field.fail("must not be empty") }
        if first.value.double != nil {
            var tokens: [Int32] = []
            for element in elements { tokens.append(Int32(try element.integer(in: 0...Int(Int32.max)))) }
            return .tokens(tokens)
        }
        guard elements.count == 1 else {
            throw ServiceError(
                .unsupported, "'prompt' has \(elements.count) prompts; this server answers one per request.",
                hint: "Send one request for each prompt; they are computed together.", parameter: "prompt")
        }
        return try prompt(first)
    }
}
