public import JSONText

extension GrammarText {
    /// Adds the rules of a JSON Schema.
    ///
    /// - Parameters:
    ///   - schema: a schema of the drafts 6 to 2020-12; its references are resolved within itself.
    ///   - name: what its first rule should be called.
    /// - Returns: the name of the rule that matches the schema's values.
    /// - Throws: which keyword cannot be enforced, and its place as a JSON pointer. Nothing was added then.
    public mutating func schema(_ schema: JSONValue, name: String) throws(GrammarError) -> String {
        var compiler = try SchemaCompiler(schema, into: self)
        let rule = try compiler.compile(name: name)
        self = compiler.text
        return rule
    }

    /// One value, with white space where a model may put it.
    mutating func value(_ value: JSONValue) -> String {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            let parts = elements.map { self.value($0) }
            return "\"[\" \(gap())\(parts.joined(separator: " \",\" \(gap())")) \(gap())\"]\""
        case .object(let members) where !members.isEmpty:
            let parts = members.map {
                "\(Self.literal(JSONValue.string($0.key).text)) \(colon) \(self.value($0.value))"
            }
            return "\"{\" \(gap())\(parts.joined(separator: " \",\" \(gap())")) \(gap())\"}\""
        default: return Self.literal(value.text)
        }
    }
}
