import Grammar
import JSONText
import Testing

@Suite struct SchemaRefusalTests {
    struct Refusal: CustomTestStringConvertible {
        let schema: String
        let kind: GrammarError.Kind
        let word: String
        let place: String

        init(_ schema: String, _ kind: GrammarError.Kind, _ word: String, at place: String) {
            self.schema = schema
            self.kind = kind
            self.word = word
            self.place = place
        }

        var testDescription: String { schema }
    }

    @Test(arguments: [
        Refusal(
            #"{"properties":{"a":{"type":"array","uniqueItems":true}}}"#, .unsupported, "'uniqueItems'",
            at: "#/properties/a/uniqueItems"),
        Refusal(
            #"{"type":"array","maxContains":2,"contains":true}"#, .unsupported, "'maxContains'", at: "#/maxContains"),
        Refusal(#"{"type":"number","multipleOf":0.3}"#, .unsupported, "'multipleOf'", at: "#/multipleOf"),
        Refusal(
            #"{"oneOf":[{"minLength":1,"type":"string"},{"type":"string","pattern":"a"}]}"#, .unsupported, "'oneOf'",
            at: "#/oneOf"),
        Refusal(#"{"type":"string","not":{"pattern":"a"}}"#, .unsupported, "'not'", at: "#/not"),
        Refusal(#"{"type":"string","pattern":"(?=a)b"}"#, .unsupported, "'pattern'", at: "#/pattern"),
        Refusal(#"{"type":"string","format":"regex"}"#, .unsupported, "'regex'", at: "#/format"),
        Refusal(#"{"type":"string","format":"email","maxLength":9}"#, .unsupported, "'email'", at: "#/maxLength"),
        Refusal(#"{"type":"object","minProperties":3}"#, .unsupported, "'minProperties'", at: "#/minProperties"),
        Refusal(#"{"$ref":"https://example.org/a"}"#, .unresolved, "https://example.org/a", at: "#/$ref"),
        Refusal(##"{"$ref":"#/$defs/none"}"##, .unresolved, "#/$defs/none", at: "#/$ref"),
        Refusal(
            ##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##, .unresolved,
            "itself", at: "#/$defs/a"),
        Refusal(#"{"$schema":"http://json-schema.org/draft-03/schema"}"#, .unsupported, "draft-03", at: "#/$schema"),
        Refusal(#"{"type":"strin"}"#, .syntax, "strin", at: "#/type"),
        Refusal(#"{"properties":{"a":7}}"#, .syntax, "a schema", at: "#/properties/a"),
        Refusal("7", .syntax, "a schema", at: "#"),
        Refusal("false", .unsupported, "satisfie", at: "#"),
        Refusal(#"{"type":"integer","minimum":5,"maximum":4}"#, .unsupported, "satisfied", at: "#/minimum"),
        Refusal(#"{"type":"string","minLength":5,"maxLength":4}"#, .unsupported, "satisfied", at: "#/maxLength"),
        Refusal(#"{"enum":[]}"#, .unsupported, "satisfie", at: "#"),
        Refusal(#"{"properties":{"a":false},"required":["a"]}"#, .unsupported, "'a' is forbidden", at: "#"),
        Refusal(
            ##"{"type":"object","properties":{"n":{"$ref":"#"}},"required":["n"]}"##, .unsupported, "satisfie", at: "#"),
    ])
    func `what cannot be enforced is refused with its name and place`(_ refusal: Refusal) throws {
        let error = try #require(try SchemaChecks.refusal(refusal.schema))
        #expect(error.kind == refusal.kind)
        #expect(error.message.lowercased().contains(refusal.word.lowercased()), "\(error)")
        #expect(error.place == refusal.place)
    }

    private static func nested(_ depth: Int) -> JSONValue {
        (0..<depth).reduce(true) { inner, _ in ["type": "array", "items": inner] }
    }

    private static func doubling(_ levels: Int, keyword: String) -> JSONValue {
        var definitions = JSONObject([("l0", ["type": "integer"] as JSONValue)])
        for level in 1...levels {
            let reference: JSONValue = ["$ref": .string("#/$defs/l\(level - 1)")]
            definitions["l\(level)"] = .object(JSONObject([(keyword, .array([reference, reference]))]))
        }
        return ["$ref": .string("#/$defs/l\(levels)"), "$defs": .object(definitions)]
    }

    @Test func `bombs are refused at once`() {
        let choices = (0..<12).map { index -> JSONValue in
            ["anyOf": [["minimum": .integer(Int64(index))], ["maximum": .integer(Int64(index))]]]
        }
        let bombs: [JSONValue] = [
            Self.nested(101),
            Self.doubling(40, keyword: "anyOf"),
            ["allOf": .array(choices)],
            ["type": "string", "maxLength": 1_000_000_000],
            ["type": "array", "minItems": 1_000_000_000],
            ["type": "string", "pattern": "^(a{1000}){1000}$", "maxLength": 90_000],
            ["enum": .array((0..<6_000).map { .integer($0) })],
            ["type": "integer", "minimum": 1e300],
        ]
        for bomb in bombs {
            let error = #expect(throws: GrammarError.self) { try SchemaGrammar(bomb) }
            #expect(error?.kind == .tooLarge || error?.kind == .unsupported)
        }
    }

    @Test func `a schema that is met twice is expanded once`() throws {
        #expect(try SchemaGrammar(Self.doubling(40, keyword: "allOf")).gbnf.utf8.count < 200)
    }

    @Test func `the grammar grows with the number of properties and not with their combinations`() throws {
        func size(_ count: Int) throws -> Int {
            var properties = JSONObject()
            for index in 0..<count { properties["p\(index)"] = ["type": "integer"] }
            return try SchemaGrammar(["type": "object", "properties": .object(properties)]).gbnf.utf8.count
        }
        #expect(try size(200) < 3 * size(100))
    }
}
