import JSONText
import OpenAIAPI
import RequestScope
public import Vocabulary

/// One request to `/api/chat` or `/api/generate`: what to generate, and how to answer.
///
/// Source: "API" of Ollama's documentation. Differs from it in: `num_ctx` bounds the answer and reloads nothing, `context`
/// is a list of our own, templates of a request are refused, and unknown options are ignored.
public struct OllamaRequest: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case chat
        case generate
    }

    /// What a request without a prompt asks for.
    public enum Order: Sendable, Equatable {
        case answer
        /// To have the model in memory.
        case load
        /// To let it go.
        case unload
    }

    public let kind: Kind
    public var generation: GenerationRequest
    public let isStreaming: Bool
    public let order: Order
    /// What the answer's `context` begins with; `nil` where there is none.
    let conversation: [ChatMessage]?

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - kind: which of the two it is.
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what applies where the body says nothing.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public init(
        _ kind: Kind, _ body: [UInt8], id: RequestID, scheduling: SchedulingOptions = SchedulingOptions()
    ) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            var scheduling = scheduling
            if let time = try root.optional("keep_alive") { scheduling.keepAlive = try time.keepAlive() }
            let prompt = try kind == .chat ? OllamaPrompt(chat: root) : OllamaPrompt(generate: root)
            let options = try OllamaOptions(root)
            var generation = try CompletionRequest.chat(
                [], tools: [], fields: options.fields, id: id, scheduling: scheduling)
            generation.model = ModelID(try root.optional(firstOf: ["model", "name"])?.string() ?? "")
            generation.prompt = prompt.prompt
            try options.apply(to: &generation)
            generation.constraint = try Self.constraint(root)
            try Self.readThinking(root, into: &generation.reasoning)
            generation.topLogprobs = try Self.topLogprobs(root)
            self.kind = kind
            self.generation = generation
            isStreaming = try root.optional("stream")?.bool() ?? true
            conversation = prompt.conversation
            order = !prompt.isEmpty ? .answer : scheduling.keepAlive == .lasting(.zero) ? .unload : .load
        } catch {
            throw ServiceError(reading: error)
        }
    }

    /// `format`: `"json"`, a JSON Schema, or nothing.
    private static func constraint(_ root: JSONField) throws(JSONFieldError) -> OutputConstraint? {
        guard let field = try root.optional("format") else { return nil }
        switch field.value {
        case .string(""): return nil
        case .string("json"): return .jsonObject
        case .object: return .jsonSchema(field.value)
        case .string(let word):
            throw field.fail("must be \"json\" or a JSON Schema, not \"\(word.prefix(40))\"")
        default: throw field.fail("must be \"json\" or a JSON Schema, not \(field.value.kind)")
        }
    }

    /// `think`: whether, or how hard.
    private static func readThinking(_ root: JSONField, into options: inout ReasoningOptions) throws(JSONFieldError) {
        guard let field = try root.optional("think") else { return }
        if case .string = field.value {
            try ReasoningFields.note(effort: field, in: &options)
            if options.effort != nil { options.isEnabled = true }
        } else {
            options.isEnabled = try field.bool()
        }
    }

    private static func topLogprobs(_ root: JSONField) throws(JSONFieldError) -> Int? {
        let isAsked = try root.optional("logprobs")?.bool() ?? false
        let count = try root.optional("top_logprobs")?.integer(in: 0...RequestBounds.topLogprobsMax)
        return isAsked ? count ?? 0 : nil
    }
}
