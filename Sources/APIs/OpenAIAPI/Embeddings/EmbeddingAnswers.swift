import Foundation
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
                case .base64: .string(Self.base64(vector))
                }
            return ["object": "embedding", "index": .whole(index), "embedding": embedding]
        }
        return [
            "object": "list", "data": .array(data), "model": .string(model.name),
            "usage": ["prompt_tokens": .whole(promptTokens), "total_tokens": .whole(promptTokens)],
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

    private static func base64(_ vector: [Float]) -> String {
        var bytes = Data(capacity: vector.count * 4)
        for number in vector {
            let bits = number.bitPattern
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return bytes.base64EncodedString()
    }
}

extension RerankResult {
    /// The best documents first; of equal ones the earlier one.
    func list(model: ModelID, _ fields: RerankFields) -> JSONValue {
        let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        let results = order.prefix(fields.resultsMax ?? scores.count).map { index -> JSONValue in
            var result: JSONObject = ["index": .whole(index), "relevance_score": .number(Double(scores[index]))]
            if fields.returnsDocuments { result["document"] = ["text": .string(fields.request.documents[index])] }
            return .object(result)
        }
        return [
            "object": "list", "model": .string(model.name), "results": .array(results),
            "usage": ["prompt_tokens": .whole(promptTokens), "total_tokens": .whole(promptTokens)],
        ]
    }
}
