import JSONText
import RequestScope
public import Vocabulary

extension CompletionRequest {
    /// Reads the body of llama-server's own `POST /completion`.
    ///
    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what applies where the body says nothing.
    /// - Returns: a request that is well-formed.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public static func native(
        _ body: [UInt8], id: RequestID, scheduling: SchedulingOptions = SchedulingOptions()
    ) throws(ServiceError) -> CompletionRequest {
        try native(try RequestFields(body: body), id: id, scheduling) { root throws(JSONFieldError) in
            try PromptFields.prompts(root.required("prompt"))
        }
    }

    /// Reads the body of llama-server's `POST /infill`: what is before a gap, what is after it, the beginning of what is in
    /// it, and other files.
    ///
    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what applies where the body says nothing.
    /// - Returns: a request that is well-formed.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    public static func infill(
        _ body: [UInt8], id: RequestID, scheduling: SchedulingOptions = SchedulingOptions()
    ) throws(ServiceError) -> CompletionRequest {
        try native(try RequestFields(body: body), id: id, scheduling) { root throws(JSONFieldError) in
            var infill = InfillPrompt(
                prefix: try PromptFields.pieces(root.required("input_prefix")),
                suffix: try PromptFields.pieces(root.required("input_suffix")),
                middle: try root.optional("prompt")?.string() ?? "")
            let files = try root.optional("input_extra")?.elements(countMax: RequestBounds.messagesMax) ?? []
            for file in files {
                infill.files.append(
                    InfillPrompt.File(
                        name: try file.optional("filename")?.string() ?? "tmp",
                        text: try file.required("text").string()))
            }
            return [.infill(infill)]
        }
    }

    private static func native(
        _ fields: RequestFields, id: RequestID, _ scheduling: SchedulingOptions,
        _ prompts: (JSONField) throws(JSONFieldError) -> [GenerationRequest.Prompt]
    ) throws(ServiceError) -> CompletionRequest {
        do {
            let prompts = try prompts(fields.root)
            var request = try CompletionRequest(.text, fields, id: id, prompt: prompts[0], scheduling: scheduling)
            request.otherPrompts = Array(prompts.dropFirst())
            request.isNative = true
            request.generation.reports.details = true
            if request.isStreaming { request.generation.reports.tokens = true }
            try request.checkCount()
            return request
        } catch {
            throw ServiceError(reading: error)
        }
    }
}
