public import JSONText
public import Vocabulary

/// Reading the answers. What another server writes is as little believed as what a client does.
extension VectorRequest {
    /// - Parameters:
    ///   - answer: what was answered to a request for vectors.
    ///   - count: how many inputs it had.
    ///   - model: the model that answered.
    /// - Returns: one entry for each input, in the request's order.
    /// - Throws: `engineFailed` when this is no such answer.
    public static func embeddings(_ answer: JSONValue, count: Int, model: ModelID) throws(ServiceError)
        -> EmbeddingResult
    {
        try reading(answer, of: model) { root throws(JSONFieldError) in
            let vectors = try byIndex(root.required("data"), count: count) { entry throws(JSONFieldError) in
                try vector(entry.required("embedding"))
            }
            return EmbeddingResult(
                model: model, entries: vectors.map { EmbeddingResult.Entry(vectors: [$0]) },
                promptTokens: try promptTokens(root))
        }
    }

    /// - Parameters:
    ///   - answer: what was answered to a request for ranks.
    ///   - count: how many documents it had.
    ///   - model: the model that answered.
    /// - Returns: the score of each document, in the request's order.
    /// - Throws: `engineFailed` when this is no such answer.
    public static func ranks(_ answer: JSONValue, count: Int, model: ModelID) throws(ServiceError) -> RerankResult {
        try reading(answer, of: model) { root throws(JSONFieldError) in
            let scores = try byIndex(root.required("results"), count: count) { entry throws(JSONFieldError) in
                Float(try entry.required("relevance_score").number(in: -1e38...1e38))
            }
            return RerankResult(model: model, scores: scores, promptTokens: try promptTokens(root))
        }
    }

    /// - Parameters:
    ///   - answer: what was answered to a request for classes.
    ///   - count: how many inputs it had.
    ///   - model: the model that answered.
    /// - Returns: one entry for each input, in the request's order. Labels without names have the numbers' ones.
    /// - Throws: `engineFailed` when this is no such answer.
    public static func classes(_ answer: JSONValue, count: Int, model: ModelID) throws(ServiceError)
        -> ClassificationResult
    {
        try reading(answer, of: model) { root throws(JSONFieldError) in
            let scores = try byIndex(root.required("data"), count: count) { entry throws(JSONFieldError) in
                try numbers(entry.required("probs"))
            }
            let labelCount = scores.map(\.count).max() ?? 0
            var labels: [String] = []
            for label in try root.optional("labels")?.elements(countMax: numbersMax) ?? [] {
                labels.append(try label.string())
            }
            // vLLM tells the name of the best one only.
            for index in labels.count..<max(labels.count, labelCount) { labels.append("LABEL_\(index)") }
            guard scores.allSatisfy({ $0.count == labels.count }) else {
                throw root.fail("has not one number for each label")
            }
            return ClassificationResult(
                model: model, labels: labels, entries: scores.map { ClassificationResult.Entry(scores: $0) },
                promptTokens: try promptTokens(root))
        }
    }

    /// Numbers of one vector, or labels.
    private static let numbersMax = 1 << 20

    private static func reading<Result>(
        _ answer: JSONValue, of model: ModelID, _ read: (JSONField) throws(JSONFieldError) -> Result
    ) throws(ServiceError) -> Result {
        do throws(JSONFieldError) {
            return try read(JSONField(answer))
        } catch {
            throw ServiceError(
                .engineFailed, "The server of '\(model)' gave an answer that cannot be read.",
                detail: error.description)
        }
    }

    private static func promptTokens(_ root: JSONField) throws(JSONFieldError) -> Int {
        try root.optional("usage")?.optional("prompt_tokens")?.integer(in: 0...Int(Int32.max)) ?? 0
    }

    /// One value for each place; entries say themselves which is theirs.
    private static func byIndex<Value>(
        _ list: JSONField, count: Int, _ read: (JSONField) throws(JSONFieldError) -> Value
    ) throws(JSONFieldError) -> [Value] {
        var values = [Value?](repeating: nil, count: count)
        for entry in try list.elements(countMax: count) {
            values[try entry.required("index").integer(in: 0...count - 1)] = try read(entry)
        }
        let found = values.compactMap(\.self)
        guard found.count == count else { throw list.fail("has \(found.count) of \(count) entries") }
        return found
    }

    /// As base 64, or as numbers: not every server knows the former.
    private static func vector(_ field: JSONField) throws(JSONFieldError) -> [Float] {
        guard case .string(let text) = field.value else { return try numbers(field) }
        guard let vector = VectorText.vector(base64: text), vector.allSatisfy(\.isFinite) else {
            throw field.fail("is not a vector in base 64")
        }
        return vector
    }

    private static func numbers(_ field: JSONField) throws(JSONFieldError) -> [Float] {
        var numbers: [Float] = []
        for element in try field.elements(countMax: numbersMax) {
            numbers.append(Float(try element.number(in: -1e38...1e38)))
        }
        return numbers
    }
}
