import Foundation
import TestRandomness
import Testing

@testable import JSONText

@Suite struct JSONParserTests {
    @Test(
        arguments: [
            ("null", JSONValue.null), ("true", true), (" false ", false), ("0", 0), ("-0", 0), ("-12", -12),
            ("9223372036854775807", .integer(.max)), ("1.5", 1.5), ("1e3", .number(1000)), ("-0.0", .number(-0.0)),
            ("\"\"", ""), (#""a\"b\\c\/d\n\u0041\u00e9""#, "a\"b\\c/d\nAé"), (#""\ud83d\ude00""#, "😀"),
            ("[]", []), ("[1, [2]]", [1, [2]]), ("{}", [:]), (#"{"a":1,"b":{"c":[]}}"#, ["a": 1, "b": ["c": []]]),
        ] as [(String, JSONValue)])
    func `a JSON text is read`(text: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "-", "1.", ".5", "1e", "+1", "NaN", "Infinity", "1e999", "\"", "\"\\x\"",
        "\"\u{1}\"",
        #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\u12g4""#, "[", "[1", "[1,", "[1,]", "[1 2]", "{", "{\"a\"",
        "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{'a':1}", "1 2", "[]]", "// x\n1", "-01",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(text) }
    }

    @Test func `an error tells line and column`() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue.parse("{\n  \"a\": 1,\n  \"b\" 2\n}") }
        #expect(error?.line == 3)
        #expect(error?.column == 7)
    }

    @Test func `invalid UTF-8 is refused`() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(bytes) }
        }
    }

    @Test func `depth is bounded`() throws {
        let deep = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        _ = try JSONValue.parse(deep(JSONValue.depthMax))
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(deep(JSONValue.depthMax + 1)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(deep(1_000_000)) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test func `members keep their order and the last of two equal names wins`() throws {
        let object = try #require(try JSONValue.parse(#"{"z":1,"a":2,"z":3}"#).object)
        #expect(object.keys == ["z", "a"])
        #expect(object["z"] == 3)
    }

    @Test func `an object with many members finds, replaces and removes them`() {
        var object = JSONObject()
        for number in 0..<50 { object["key\(number)"] = .integer(Int64(number)) }
        object["key7"] = "seven"
        object["key3"] = nil
        #expect(object.count == 49)
        #expect(object["key7"] == "seven")
        #expect(object["key3"] == nil)
        #expect(object["key49"] == 49)
        #expect(object.keys.prefix(4) == ["key0", "key1", "key2", "key4"])
    }

    @Test func `random values survive writing and reading, here and in Foundation`() throws {
        var random = SeededRandom(seed: 42)
        for _ in 0..<300 {
            let value = JSONValue.random(depth: 4, using: &random)
            #expect(try JSONValue.parse(value.text) == value)
            #expect(try JSONValue.parse(value.prettyText) == value)
            // A second implementation reads the same text.
            let foreign = try JSONSerialization.jsonObject(with: Data(value.bytes), options: .fragmentsAllowed)
            let back = try JSONSerialization.data(withJSONObject: foreign, options: .fragmentsAllowed)
            #expect(try JSONValue.parse(back) == value)
        }
    }

    @Test func `random bytes never trap the parser`() {
        var random = SeededRandom(seed: 7)
        let alphabet = Array("{}[]\":,0123456789.eE+-truefalsn\\u \n\u{e9}".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...24, using: &random)
            let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            if let value = try? JSONValue.parse(bytes) { #expect((try? JSONValue.parse(value.text)) == value) }
        }
    }
}

@Suite struct JSONFieldTests {
    private let root = JSONField(["a": ["b": [1, "two"]], "n": nil, "f": 3.0, "big": 1e300])

    @Test func `an error names the path`() throws {
        let elements = try #require(try root.optional("a")).required("b").elements(countMax: 5)
        #expect(throws: JSONFieldError(path: "a.b[1]", problem: "must be an integer, not a string")) {
            try elements[1].integer(in: 0...9)
        }
        #expect(throws: JSONFieldError(path: "x", problem: "is required")) { try root.required("x") }
        #expect(throws: JSONFieldError(path: "a.b[0]", problem: "must be from 5 to 9, not 1")) {
            try elements[0].integer(in: 5...9)
        }
    }

    @Test func `null counts as absent and whole numbers as integers`() throws {
        #expect(try root.optional("n")?.value == nil)
        #expect(try root.required("f").integer(in: 0...9) == 3)
        #expect(throws: JSONFieldError.self) { try root.required("big").integer(in: 0...9) }
    }

    @Test func `a member with several names is the first that is there`() throws {
        #expect(try root.optional(firstOf: ["x", "n", "f", "big"])?.path == "f")
        #expect(try root.optional(firstOf: ["x", "n"])?.path == nil)
    }

    @Test func `the length of a text counts bytes`() throws {
        let text = JSONField("né", path: "t")
        #expect(try text.string(bytesIn: 3...3) == "né")
        #expect(throws: JSONFieldError(path: "t", problem: "has 3 bytes, at most 2 are allowed")) {
            try text.string(bytesIn: 0...2)
        }
        #expect(throws: JSONFieldError(path: "t", problem: "must have at least 4 bytes")) {
            try text.string(bytesIn: 4...9)
        }
        #expect(throws: JSONFieldError(path: "", problem: "must not be empty")) {
            try JSONField("").string(bytesIn: 1...2)
        }
    }

    @Test func `only a text to keep refuses NUL`() throws {
        let text = JSONField("a\0", path: "t")
        #expect(try text.string(bytesIn: 2...2) == "a\0")
        #expect(throws: JSONFieldError(path: "t", problem: "must not hold the character NUL")) {
            try text.keptText(bytesIn: 2...2)
        }
    }

    @Test func `a list that is too long is refused`() throws {
        let list = JSONField([1, 2, 3], path: "p")
        #expect(throws: JSONFieldError.self) { try list.elements(countMax: 2) }
    }
}

extension JSONValue {
    /// A random value; doubles are short, so that every implementation prints them alike.
    fileprivate static func random(depth: Int, using random: inout SeededRandom) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: -1_000_000...1_000_000, using: &random))
        case 3: return .number(Double(Int.random(in: -999...999, using: &random)) / 8 + 0.0625)
        case 4: return .string(string(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            let members = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                (string(using: &random), JSONValue.random(depth: depth - 1, using: &random))
            }
            return .object(JSONObject(members))
        }
    }

    private static func string(using random: inout SeededRandom) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "\"", "\\", "\n", "\t", "\u{1}", "/", "é", "世", "🌍", " ", "\u{7F}", "\u{2028}",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            text.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
        }
        return String(text)
    }
}
