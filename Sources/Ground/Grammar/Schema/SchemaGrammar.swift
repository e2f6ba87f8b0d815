public import JSONText

/// A JSON Schema as a grammar: every text that the grammar matches is valid by the schema.
public struct SchemaGrammar: Sendable, Equatable {
    /// The grammar's text.
    public let gbnf: String

    /// - Parameters:
    ///   - schema: a schema of the drafts 6 to 2020-12.
    ///   - options: how the JSON is written.
    /// - Throws: which keyword cannot be enforced, and its place as a JSON pointer.
    public init(_ schema: JSONValue, options: SchemaOptions = SchemaOptions()) throws(GrammarError) {
        var text = GrammarText(options: options)
        let root = try text.schema(schema, name: "value")
        gbnf = text.text(root: root)
    }

    /// A grammar for any JSON object, as `response_format` `json_object` asks for.
    public static func anyObject(options: SchemaOptions = SchemaOptions()) -> String {
        var text = GrammarText(options: options)
        let object = text.anyObject()
        return text.text(root: object)
    }
}
