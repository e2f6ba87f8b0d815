public import JSONText

extension GrammarText {
    /// Adds the rules of a JSON Schema.
    ///
    /// - Parameters:
    ///   - schema: a schema of the drafts 6 to 2020-12; its references are resolved within itself.
    ///   - name: what its first rule should be called.
    /// - Returns: the name of the rule that matches the schema's values.
    /// - Throws: which keyword cannot be enforced, and its place as a JSON pointer.
    public mutating func schema(_ schema: JSONValue, name: String) throws(GrammarError) -> String {
        try basic(schema, name: name, place: "#")
    }

    private mutating func basic(_ schema: JSONValue, name: String, place: String) throws(GrammarError) -> String {
        if let values = schema["enum"]?.array ?? schema["const"].map({ [$0] }) {
            return rule(name, values.map { Self.literal($0.text) }.joined(separator: " | "))
        }
        switch schema["type"]?.string {
        case "string": return string()
        case "integer": return integer()
        case "number": return number()
        case "boolean": return boolean()
        case "null": return rule("json-null", #""null""#)
        case "array":
            let item = try schema["items"].map { items throws(GrammarError) in
                try basic(items, name: name + "-item", place: place + "/items")
            }
            let value = item ?? anyValue()
            return rule(name, bracketed("[", "]", separated(value)))
        case "object": return try basicObject(schema, name: name, place: place)
        case nil: return anyValue()
        case let other?: throw GrammarError(.unsupported, "The type '\(other)' is unknown.", place: place)
        }
    }

    private mutating func basicObject(_ schema: JSONValue, name: String, place: String) throws(GrammarError) -> String {
        guard let properties = schema["properties"]?.object, properties.count > 0 else { return anyObject() }
        let required = Set(schema["required"]?.array?.compactMap(\.string) ?? [])
        var after = ""
        var alternatives: [String] = []
        var isClosed = true
        for (index, key) in properties.keys.enumerated().reversed() {
            let value = try basic(
                properties[key] ?? .bool(true), name: "\(name)-\(key)", place: "\(place)/properties/\(key)")
            let member = rule("\(name)-\(key)-member", "\(Self.literal(JSONValue.string(key).text)) \(colon) \(value)")
            let isRequired = required.contains(key)
            if isRequired { alternatives.removeAll() }
            if isRequired { isClosed = false }
            alternatives.insert("\(member)\(after.isEmpty ? "" : " " + after)", at: 0)
            let next = "\",\" \(gap())\(member)"
            let tail = (isRequired ? next : "(\(next))?") + (after.isEmpty ? "" : " " + after)
            after = rule("\(name)-after-\(index)", tail)
        }
        let content = alternatives.joined(separator: " | ")
        let inner = "(\(content)) \(gap())"
        return rule(name, "\"{\" \(gap())\(isClosed ? "(\(inner))?" : inner)\"}\"")
    }
}
