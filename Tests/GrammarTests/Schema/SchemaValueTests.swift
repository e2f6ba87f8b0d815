import Grammar
import Testing

/// Numbers, strings, and values that are listed.
@Suite struct SchemaValueTests {
    @Test(arguments: [
        SchemaCase(#"{"type":"integer"}"#, ["0", "-7", "123456789012345678"], not: ["01", "1.0", "1e3", "+1", ""]),
        SchemaCase(
            #"{"type":"integer","minimum":-12,"maximum":105}"#, ["-12", "-9", "0", "9", "10", "99", "100", "105"],
            not: ["-13", "-20", "106", "110", "1000", "-0"]),
        SchemaCase(
            #"{"type":"integer","exclusiveMinimum":9,"exclusiveMaximum":12}"#, ["10", "11"], not: ["9", "12", "1"]),
        SchemaCase(#"{"type":"integer","minimum":0.5,"maximum":2.5}"#, ["1", "2"], not: ["0", "3"]),
        SchemaCase(#"{"type":"integer","maximum":-1.5}"#, ["-2", "-100"], not: ["-1", "0", "2"]),
        SchemaCase(
            #"{"type":"integer","minimum":9223372036854775807}"#, ["9223372036854775807", "10000000000000000000"],
            not: ["9223372036854775806"]),
        SchemaCase(
            #"{"type":"number","minimum":0.25,"exclusiveMaximum":10.5}"#,
            ["0.25", "0.250", "0.3", "1", "9.999", "10", "10.49"],
            not: ["0.24", "0.2", "0", "10.5", "10.50", "11", "-1"]),
        SchemaCase(#"{"type":"number","exclusiveMinimum":0}"#, ["0.01", "1"], not: ["0", "0.0", "-1"]),
        SchemaCase(#"{"type":"number","exclusiveMaximum":0}"#, ["-0.01", "-1"], not: ["0", "-0", "-0.0", "1"]),
        SchemaCase(
            #"{"type":"number","minimum":-1.5,"maximum":1.5}"#, ["-1.5", "-1", "-0.5", "0", "1.5"],
            not: ["-1.6", "-1.51", "1.51", "2", "-2"]),
        SchemaCase(
            #"{"type":"integer","multipleOf":7}"#, ["0", "7", "-14", "700", "123456788"], not: ["1", "8", "123456789"]),
        SchemaCase(#"{"type":"integer","multipleOf":100,"minimum":150}"#, ["200", "1000"], not: ["0", "100", "150"]),
        SchemaCase(
            #"{"type":"integer","multipleOf":6,"allOf":[{"multipleOf":4}],"minimum":1,"maximum":40}"#,
            ["12", "24", "36"], not: ["4", "6", "48", "0"]),
        SchemaCase(#"{"type":"number","multipleOf":0.01}"#, ["1.25", "1.2", "3"], not: ["1.255"]),
        SchemaCase(
            #"{"type":"number","multipleOf":0.25,"maximum":1.6}"#, ["1.5", "-0.25", "1"], not: ["1.6", "1.75"]),
    ])
    func `a number obeys its bounds`(of example: SchemaCase) throws {
        try SchemaChecks.expect(example.schema, accepts: example.accepts, rejects: example.rejects)
    }

    @Test(arguments: [
        SchemaCase(
            #"{"type":"string","minLength":2,"maxLength":3}"#, [#""ab""#, #""é\n😀""#, #""\ud83d\ude00a""#],
            not: [#""a""#, #""abcd""#, #""\ud83d\ude00""#, #""\ud83dab""#, "\"a\nb\""]),
        SchemaCase(#"{"type":"string","pattern":"^a+$"}"#, [#""aaa""#], not: [#""""#, #""ab""#]),
        SchemaCase(#"{"type":"string","pattern":"b"}"#, [#""abc""#, #""b""#], not: [#""a""#]),
        SchemaCase(
            #"{"type":"string","pattern":"^[a-z]+-[0-9]+$","minLength":5,"maxLength":6}"#, [#""abc-1""#, #""a-1234""#],
            not: [#""a-1""#, #""abc-123""#, #""abcde""#]),
        SchemaCase(
            #"{"type":"string","allOf":[{"pattern":"^a"},{"pattern":"z$"}]}"#, [#""az""#, #""a\"z""#],
            not: [#""ab""#, #""bz""#]),
        SchemaCase(
            #"{"type":"string","not":{"enum":["on","off"]}}"#, [#""o""#, #""one""#, #""""#], not: [#""on""#, #""off""#]),
        SchemaCase(
            #"{"type":"string","format":"date"}"#, [#""2024-02-29""#, #""2000-02-29""#, #""1999-12-31""#],
            not: [#""1900-02-29""#, #""2023-02-29""#, #""2023-04-31""#, #""23-01-01""#]),
        SchemaCase(#"{"type":"string","format":"ipv4"}"#, [#""10.0.255.1""#], not: [#""10.0.256.1""#, #""10.0.1""#]),
        SchemaCase(#"{"type":"string","format":"ipv6"}"#, [#""::""#, #""fe80::1:2""#], not: [#""1:2""#, #""::1::""#]),
        SchemaCase(#"{"type":"string","format":"date","maxLength":10}"#, [#""2024-01-01""#], not: [#""2024""#]),
        SchemaCase(#"{"type":"string","format":"of my own"}"#, [#""x""#], not: ["x"]),
        SchemaCase(
            #"{"enum":[1,"a\"b",null,{"a":[1]}]}"#, ["1", #""a\"b""#, "null", #"{"a":[1]}"#], not: ["2", "{}"]),
        SchemaCase(#"{"const":"x","type":"string"}"#, [#""x""#], not: [#""y""#]),
        SchemaCase(#"{"enum":[1,5,9,"a"],"minimum":4,"not":{"const":9}}"#, ["5", #""a""#], not: ["1", "9"]),
        SchemaCase(#"{"type":["null","boolean"],"not":{"const":true}}"#, ["null", "false"], not: ["true"]),
        SchemaCase(
            #"{"type":"integer","minimum":1,"maximum":5,"not":{"enum":[2,4]}}"#, ["1", "3", "5"], not: ["2", "4"]),
    ])
    func `a string or a listed value obeys its limits`(of example: SchemaCase) throws {
        try SchemaChecks.expect(example.schema, accepts: example.accepts, rejects: example.rejects)
    }

    @Test func `a bound that needs every digit is not crossed by rounding`() throws {
        try SchemaChecks.expect(
            #"{"type":"number","exclusiveMinimum":0.1234567890123456}"#, accepts: ["0.1234567890123457"],
            rejects: ["0.1234567890123456", "0.12345678901234560000000001"])
    }

    @Test func `white space is bounded`() throws {
        let checks = try SchemaChecks(
            #"{"type":"object","properties":{"a":{"type":"array"}},"required":["a"]}"#, options: SchemaOptions())
        #expect(checks.accepts("{\"a\": [1, 2]}"))
        #expect(checks.accepts("{\n  \"a\": [\n    1\n  ]\n}"))
        #expect(!checks.accepts("{\"a\":  [1]}"))
        #expect(!checks.accepts("{\n\n\"a\":[1]}"))
        #expect(!checks.accepts("{\"a\":[1]} "))
    }

    @Test func `any object`() throws {
        var matcher = GrammarMatcher(try Grammar(gbnf: SchemaGrammar.anyObject()))
        let copy = matcher
        #expect(matcher.accept(#"{"a": [{"b": null}, 1.5e3, "x"], "c": {}}"#.utf8) && matcher.canEnd)
        #expect(!copy.allows("[".utf8))
    }
}
