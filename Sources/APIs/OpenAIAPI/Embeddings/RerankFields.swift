import JSONText
import RequestScope
import Vocabulary

/// Reads requests to rank documents, in the shape that Jina, Cohere and llama-server share.
struct RerankFields {
    let request: RerankRequest
    /// How many of the best documents to answer with; `nil` is all.
    let resultsMax: Int?
    /// Whether results carry the documents' texts.
    let returnsDocuments: Bool

    init(_ body: [UInt8], id: RequestID) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            var documents: [String] = []
            for element in try root.required("documents").elements(countMax: EmbeddingFields.inputsMax) {
                // Documents may be objects with a text.
                let field = element.value.object == nil ? element : try element.required("text")
                documents.append(try field.string())
            }
            request = RerankRequest(
                id: id, model: ModelID(try root.optional("model")?.string() ?? ""),
                query: try root.required("query").string(), documents: documents,
                deadline: try NexusFields(root, over: SchedulingOptions()).scheduling.deadline)
            resultsMax = try root.optional("top_n")?.integer(in: 1...Int(Int32.max))
            returnsDocuments =
                try root.optional(firstOf: ["return_documents", "return_text"])?.bool() ?? false
        } catch {
            throw ServiceError(reading: error)
        }
    }
}
