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
    /// Whether the answer has llama-server's own form.
    let isNative: Bool

    /// - Parameters:
    ///   - body: JSON text.
    ///   - id: of the request.
    ///   - scheduling: what the headers say.
    ///   - isNative: llama-server's own form, in which vectors of tokens are welcome. Who writes `content` instead of
    ///     `input` asks for it too.
    /// - Throws: a `ServiceError` with the path of what is wrong.
    init(
        _ body: [UInt8], id: RequestID, scheduling: SchedulingOptions, isNative: Bool
    ) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            let content = try root.optional("input") == nil ? root.optional("content") : nil
            self.isNative = isNative || content != nil
            let inputs = try InputFields.inputs(content ?? root.required("input"))
            var request = EmbeddingRequest(
                id: id, model: ModelID(try root.optional("model")?.string() ?? ""), inputs: inputs,
                dimensions: try root.optional("dimensions")?.integer(in: 1...Int(Int32.max)),
                norm: try root.optional("embd_normalize").map { field throws(JSONFieldError) in
                    EmbeddingNorm(number: try field.integer(in: -1...100))
                },
                needsPooling: !self.isNative)
            request.truncation = try InputFields.truncation(root)
            request.scheduling = try NexusFields(root, over: scheduling).scheduling
            self.request = request
            encoding = try root.optional("encoding_format")?.word() ?? .float
        } catch {
            throw ServiceError(reading: error)
        }
    }
}

/// Reads requests to classify texts, as vLLM has them.
struct ClassificationFields {
    let request: ClassificationRequest

    init(_ body: [UInt8], id: RequestID, scheduling: SchedulingOptions) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            var request = ClassificationRequest(
                id: id, model: ModelID(try root.optional("model")?.string() ?? ""),
                inputs: try InputFields.inputs(try root.required("input")),
                wantsProbabilities: try root.optional(firstOf: ["use_activation", "activation", "softmax"])?.bool()
                    ?? true)
            request.truncation = try InputFields.truncation(root)
            request.scheduling = try NexusFields(root, over: scheduling).scheduling
            self.request = request
        } catch {
            throw ServiceError(reading: error)
        }
    }
}
