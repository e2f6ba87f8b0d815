public import JSONText
public import Vocabulary

/// What an answer must look like: OpenAI's `response_format`, llama-server's `json_schema` and `grammar`, and our `regex`
/// and `length`.
public enum ConstraintFields {
    /// The constraint, of which there can be one.
    static func constraint(_ root: JSONField) throws -> OutputConstraint? {
        let found: [(name: String, constraint: OutputConstraint)] = [
            ("response_format", try root.optional("response_format").flatMap(responseFormat)),
            ("json_schema", try root.optional("json_schema").map(schema)),
            ("grammar", try text(root, "grammar").map(OutputConstraint.grammar)),
            ("regex", try text(root, "regex").map(OutputConstraint.regularExpression)),
        ].compactMap { name, constraint in constraint.map { (name, $0) } }
        guard found.count < 2 else {
            let names = found.map { "'\($0.name)'" }.joined(separator: " and ")
            throw ServiceError(
                .invalidValue, "The request has \(names); an answer follows one of them only.",
                hint: "Keep one.", parameter: found[1].name)
        }
        return found.first?.constraint
    }

    /// Bounds in characters and words.
    static func length(_ root: JSONField) throws(JSONFieldError) -> LengthLimits {
        guard let field = try root.optional("length") else { return LengthLimits() }
        try field.refuseUnknown(["min_characters", "max_characters", "min_words", "max_words"])
        func bounds(_ unit: String) throws(JSONFieldError) -> (min: Int?, max: Int?) {
            let least = try field.optional("min_\(unit)")?.integer(in: 0...RequestBounds.newTokensMax)
            let most = try field.optional("max_\(unit)")?.integer(in: 1...RequestBounds.newTokensMax)
            if let least, let most, least > most {
                throw field.fail("has a min_\(unit) of \(least) above its max_\(unit) of \(most)")
            }
            return (least, most)
        }
        let characters = try bounds("characters")
        let words = try bounds("words")
        return LengthLimits(
            charactersMin: characters.min, charactersMax: characters.max, wordsMin: words.min, wordsMax: words.max)
    }

    /// OpenAI's `response_format`, also where the schema stands beside `type` as in other dialects.
    ///
    /// - Parameter field: the format.
    /// - Returns: the constraint; `nil` for plain text.
    /// - Throws: the path of what is wrong.
    public static func responseFormat(_ field: JSONField) throws(JSONFieldError) -> OutputConstraint? {
        let type = try field.required("type")
        switch try type.string() {
        case "text": return nil
        case "json_object":
            // llama-server reads a schema here, too.
            return try field.optional("schema").map(schema) ?? .jsonObject
        case "json_schema":
            if let wrapped = try field.optional("json_schema") { return try schema(wrapped.required("schema")) }
            return try schema(field.required("schema"))
        case let other:
            throw type.fail("must be \"text\", \"json_object\" or \"json_schema\", not \"\(other.prefix(40))\"")
        }
    }

    private static func schema(_ field: JSONField) throws(JSONFieldError) -> OutputConstraint {
        switch field.value {
        case .object, .bool: return .jsonSchema(field.value)
        default: throw field.fail("must be a JSON Schema, which is an object or a boolean, not \(field.value.kind)")
        }
    }

    /// A grammar or an expression; an empty one is none, as for llama-server.
    private static func text(_ root: JSONField, _ name: String) throws(JSONFieldError) -> String? {
        let text = try root.optional(name)?.string(bytesIn: 0...RequestBounds.constraintBytesMax)
        return text?.isEmpty == true ? nil : text
    }

    /// Adds constraint and limits to a request for another server.
    static func write(_ request: GenerationRequest, to body: inout JSONObject) {
        switch request.constraint {
        case nil: break
        case .grammar(let grammar): body["grammar"] = .string(grammar)
        case .regularExpression(let expression): body["regex"] = .string(expression)
        case .jsonObject: body["response_format"] = ["type": "json_object"]
        case .jsonSchema(let schema):
            body["response_format"] = ["type": "json_schema", "json_schema": ["name": "answer", "schema": schema]]
        }
        guard !request.lengthLimits.isEmpty else { return }
        var length = JSONObject()
        length["min_characters"] = request.lengthLimits.charactersMin.map(JSONValue.whole)
        length["max_characters"] = request.lengthLimits.charactersMax.map(JSONValue.whole)
        length["min_words"] = request.lengthLimits.wordsMin.map(JSONValue.whole)
        length["max_words"] = request.lengthLimits.wordsMax.map(JSONValue.whole)
        body["length"] = .object(length)
    }
}

extension JSONField {
    /// Refuses members of an object of ours that have no meaning: there a slip must not pass in silence.
    func refuseUnknown(_ known: [String]) throws(JSONFieldError) {
        for key in try object().keys where !known.contains(key) {
            let near = NearestName.of(key, among: known).map { "did you mean '\($0)'?" }
            throw fail(
                "has the unknown member '\(key.prefix(40))'; \(near ?? "known are \(known.joined(separator: ", "))")")
        }
    }
}
