import JSONText
import RequestScope
import Vocabulary

/// Reads requests to rank documents, in the shape that Jina, Cohere and llama-server share, or in that of Hugging Face's
/// text-embeddings-inference (TEI), which says `texts`.
struct RerankFields {
    let request: RerankRequest
    /// How many of the best documents to answer with; `nil` is all.
    let resultsMax: Int?
    /// Whether results carry the documents' texts.
    let returnsDocuments: Bool
    /// Whether the answer has TEI's form.
    let isPlain: Bool

    init(_ body: [UInt8], id: RequestID, scheduling: SchedulingOptions) throws(ServiceError) {
        let root = try JSONField.body(body)
        do {
            let texts = try root.optional("texts")
            isPlain = texts != nil
            let list = try root.optional("documents") ?? texts ?? root.required("documents")
            var documents: [String] = []
            for element in try list.elements(countMax: InputFields.inputsMax) {
                // Documents may be objects with a text.
                let field = element.value.object == nil ? element : try element.required("text")
                documents.append(try field.string())
            }
            var request = RerankRequest(
                id: id, model: ModelID(try root.optional("model")?.string() ?? ""),
                query: try root.required("query").string(), documents: documents)
            request.documentTokensMax = try root.optional("max_tokens_per_doc")?.integer(in: 1...Int(Int32.max))
            request.truncatesDocuments = try InputFields.truncation(root) != nil
            request.scheduling = try NexusFields(root, over: scheduling).scheduling
            self.request = request
            resultsMax = try root.optional("top_n")?.integer(in: 1...Int(Int32.max))
            returnsDocuments = try root.optional(firstOf: ["return_documents", "return_text"])?.bool() ?? false
        } catch {
            throw ServiceError(reading: error)
        }
    }
}
