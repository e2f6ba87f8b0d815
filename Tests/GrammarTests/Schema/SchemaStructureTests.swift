import Grammar
import JSONText
import Testing

/// Objects, arrays, references and combinations.
@Suite struct SchemaStructureTests {
    @Test(arguments: [
        SchemaCase(
            #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"},"c":true},"required":["b"]}"#,
            [#"{"b":null}"#, #"{"a":1,"b":null}"#, #"{"b":null,"c":[]}"#, #"{"a":1,"b":null,"c":"x"}"#],
            not: ["{}", #"{"a":1}"#, #"{"b":null,"a":1}"#, #"{"b":1}"#, #"{"b":null,"d":1}"#]),
        SchemaCase(
            #"{"properties":{"ab":{"type":"null"},"\"":false},"additionalProperties":{"type":"integer"}}"#,
            [#"{"ab":null,"abc":1,"a":2}"#, #"{"b":1,"b\n":1}"#, #"{"":1}"#],
            not: [#"{"ab":1}"#, #"{"\"":1}"#, #"{"a":null}"#]),
        SchemaCase(
            #"{"type":"object","properties":{"a":true,"b":true,"c":true},"minProperties":1,"maxProperties":2}"#,
            [#"{"a":1}"#, #"{"b":1,"c":1}"#], not: ["{}", #"{"a":1,"b":1,"c":1}"#]),
        SchemaCase(
            #"{"type":"object","additionalProperties":{"type":"integer"},"maxProperties":2}"#,
            ["{}", #"{"x":1,"y":2}"#], not: [#"{"x":1,"y":2,"z":3}"#]),
        SchemaCase(
            #"{"type":"object","patternProperties":{"^s_":{"type":"string"},"^i_":{"type":"integer"}}}"#,
            [#"{"s_a":"x","i_b":1}"#, "{}"], not: [#"{"s_a":1}"#, #"{"x":1}"#]),
        SchemaCase(
            #"{"type":"object","propertyNames":{"enum":["a","b"]},"additionalProperties":{"type":"integer"}}"#,
            [#"{"a":1}"#, #"{"a":1,"b":2}"#], not: [#"{"c":1}"#]),
        SchemaCase(
            #"{"type":"object","propertyNames":{"pattern":"^x"}}"#, [#"{"xa":1}"#], not: [#"{"a":1}"#]),
        SchemaCase(
            #"{"type":"object","properties":{"a":true,"b":true},"dependentRequired":{"a":["b"]}}"#,
            ["{}", #"{"b":1}"#, #"{"a":1,"b":1}"#], not: [#"{"a":1}"#]),
        SchemaCase(
            #"{"allOf":[{"properties":{"a":{"minimum":3}},"required":["a"]},{"properties":{"a":{"type":"integer"}}}]}"#,
            [#"{"a":3}"#], not: [#"{"a":2}"#, "{}", #"{"a":"x"}"#]),
        SchemaCase(
            #"{"allOf":[{"properties":{"a":true}}],"properties":{"b":true},"unevaluatedProperties":false,"type":"object"}"#,
            [#"{"b":1,"a":2}"#], not: [#"{"c":1}"#]),
        SchemaCase(#"{"type":"object"}"#, [#"{"a":{"b":[]}}"#], not: ["[]"]),
    ])
    func `an object has the members it may have`(of example: SchemaCase) throws {
        try SchemaChecks.expect(example.schema, accepts: example.accepts, rejects: example.rejects)
    }

    @Test(arguments: [
        SchemaCase(
            #"{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2}"#, ["[1]", "[1,2]"],
            not: ["[]", "[1,2,3]", #"["a"]"#, "[1,]"]),
        SchemaCase(
            #"{"type":"array","prefixItems":[{"type":"null"},{"type":"integer"}],"items":{"type":"boolean"},"minItems":1}"#,
            ["[null]", "[null,1]", "[null,1,true,false]"], not: ["[]", "[1]", "[null,true]"]),
        SchemaCase(
            #"{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"null"}],"additionalItems":false}"#,
            ["[]", "[null]"], not: ["[null,null]"]),
        SchemaCase(
            #"{"type":"array","items":{"type":["null","integer"]},"contains":{"type":"integer"},"maxItems":2}"#,
            ["[1]", "[null,1]", "[1,null]"], not: ["[]", "[null]", "[null,null]", "[1,1,1]"]),
        SchemaCase(
            #"{"type":"array","items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":1}"#,
            [#"["c","a"]"#, #"["a","b","c"]"#], not: ["[]", #"["a","a"]"#, #"["a","b","a"]"#]),
        SchemaCase(
            #"{"type":"array","items":{"enum":[1,2,3,4,5,6,7,8]},"uniqueItems":true,"maxItems":2}"#,
            ["[]", "[2,8]", "[8]"], not: ["[1,1]", "[1,2,3]"]),
        SchemaCase(#"{"type":"array","maxItems":0}"#, ["[]"], not: ["[1]"]),
    ])
    func `an array has the elements it may have`(of example: SchemaCase) throws {
        try SchemaChecks.expect(example.schema, accepts: example.accepts, rejects: example.rejects)
    }

    @Test(arguments: [
        SchemaCase(
            ##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"n":{"$ref":"#/$defs/t"}}}}}"##,
            ["{}", #"{"n":{"n":{}}}"#], not: [#"{"n":1}"#]),
        SchemaCase(
            ##"{"$ref":"#a~1b/properties/p%25","type":["integer","string"],"$defs":{"x":{"$anchor":"i","type":"integer"}},"anyOf":[{"$ref":"#i"}]}"##
                .replacing("#a~1b/properties/p%25", with: "#/a~1b/p%25").replacing(
                    "\"$defs\"", with: #""a/b":{"p%":{"minimum":3}},"$defs""#),
            ["3"], not: ["2", #""a""#]),
        SchemaCase(
            ##"{"$id":"https://x.org/root","$ref":"other#/$defs/k","$defs":{"o":{"$id":"other","$defs":{"k":{"const":1}}}}}"##,
            ["1"], not: ["2"]),
        SchemaCase(
            ##"{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a","minimum":9,"definitions":{"a":{"type":"integer"}}}"##,
            ["1"], not: [#""a""#]),
        SchemaCase(
            #"{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]},{"type":"object","properties":{"j":true},"required":["j"]}]}"#,
            [#"{"k":"a"}"#, #"{"j":1}"#], not: ["{}", #"{"k":"a","j":1}"#]),
        SchemaCase(
            #"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#, ["1.5", "-0.25"], not: ["0", "1", "1.0"]),
        SchemaCase(
            #"{"oneOf":[{"type":"integer","minimum":1,"maximum":5,"multipleOf":7},{"type":"null"}]}"#, ["null"],
            not: ["1", "7"]),
        SchemaCase(#"{"anyOf":[{"type":"integer"},{"type":"null"}],"not":{"type":"null"}}"#, ["1"], not: ["null"]),
        SchemaCase(#"{"type":"integer","not":{"minimum":5}}"#, ["4", "-9"], not: ["5", "50"]),
        SchemaCase(
            #"{"type":"object","properties":{"k":{"enum":["a","b"]},"x":true,"y":true},"if":{"properties":{"k":{"const":"a"}},"required":["k"]},"then":{"required":["x"]},"else":{"required":["y"]}}"#,
            [#"{"k":"a","x":1}"#, #"{"k":"b","y":1}"#, #"{"y":1}"#], not: [#"{"k":"a","y":1}"#, #"{"k":"b","x":1}"#]),
    ])
    func `references and combinations are resolved`(of example: SchemaCase) throws {
        try SchemaChecks.expect(example.schema, accepts: example.accepts, rejects: example.rejects)
    }

    @Test func `several schemas fit into one grammar`() throws {
        var text = GrammarText(options: SchemaOptions(whitespace: .compact))
        let first = try text.schema(["type": "object", "properties": ["a": ["type": "integer"]]], name: "call")
        let second = try text.schema(["type": "object", "properties": ["a": ["type": "null"]]], name: "call")
        #expect(first != second)
        var matcher = GrammarMatcher(try Grammar(gbnf: text.text(root: "\(first) \"+\" \(second)")))
        #expect(matcher.accept(#"{"a":1}+{"a":null}"#.utf8) && matcher.canEnd)
    }
}
