import JSONText
import Vocabulary

extension EmbeddingResult {
    /// OpenAI's list of embeddings.
    ///
    /// - Parameters:
    ///   - model: the name to answer with.
    ///   - encoding: how vectors are written.
    /// - Returns: `{"object":"list","data":[…],"model":…,"usage":{…}}`
    func list(model: ModelID, encoding: EmbeddingFields.Encoding) -> JSONValue {
        let data = entries.enumerated().map { index, entry -> JSONValue in
            let vector = entry.vectors.first ?? []
            let embedding: JSONValue =
                switch encoding {
                case .float: Self.value(vector)
                case .base64: .string(VectorText.base64(vector))
                }
            return ["object": "embedding", "index": .whole(index), "embedding": embedding]
        }
        return [
            "object": "list", "data": .array(data), "model": .string(model.name), "usage": .reading(promptTokens),
        ]
    }

    /// llama-server's own list, in which each input has a list of vectors.
    var nativeList: JSONValue {
        .array(
            entries.enumerated().map { index, entry in
                ["index": .whole(index), "embedding": .array(entry.vectors.map(Self.value))]
            })
    }

    private static func value(_ vector: [Float]) -> JSONValue { .array(vector.map { .number(Double($0)) }) }
}

extension RerankResult {
    /// The best documents first; of equal ones the earlier one. With TEI's form just their list.
    func list(model: ModelID, _ fields: RerankFields) -> JSONValue {
        let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        let results = order.prefix(fields.resultsMax ?? scores.count).map { index -> JSONValue in
            let score = JSONValue.number(Double(scores[index]))
            var result: JSONObject = ["index": .whole(index)]
            result[fields.isPlain ? "score" : "relevance_score"] = score
            if fields.returnsDocuments {
                let text = JSONValue.string(fields.request.documents[index])
                if fields.isPlain { result["text"] = text } else { result["document"] = ["text": text] }
            }
            return .object(result)
        }
        guard !fields.isPlain else { return .array(results) }
        return [
            "object": "list", "model": .string(model.name), "results": .array(results),
            "usage": .reading(promptTokens),
        ]
    }
}

extension ClassificationResult {
    /// vLLM's list of classes; beside it `labels`, the names that belong to `probs`.
    ///
    /// - Parameters:
    ///   - id: of the request.
    ///   - model: the name to answer with.
    ///   - created: Unix time in seconds.
    /// - Returns: `{"id":…,"object":"list","created":…,"model":…,"labels":[…],"data":[…],"usage":{…}}`
    func list(id: RequestID, model: ModelID, created: Int64) -> JSONValue {
        let data = entries.enumerated().map { index, entry -> JSONValue in
            [
                "index": .whole(index), "label": labels.isEmpty ? .null : .string(labels[entry.best]),
                "probs": .array(entry.scores.map { .number(Double($0)) }), "num_classes": .whole(entry.scores.count),
            ]
        }
        return [
            "id": .string("classify-\(id.text)"), "object": "list", "created": .integer(created),
            "model": .string(model.name), "labels": .array(labels.map(JSONValue.string)), "data": .array(data),
            "usage": .reading(promptTokens),
        ]
    }
}

extension JSONValue {
    /// What a request cost that only reads.
    fileprivate static func reading(_ tokens: Int) -> JSONValue {
        ["prompt_tokens": .whole(tokens), "total_tokens": .whole(tokens)]
    }
}
