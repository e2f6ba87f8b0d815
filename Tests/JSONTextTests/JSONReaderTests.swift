import TestRandomness
import Testing

@testable import JSONText

@Suite struct JSONReaderTests {
    /// The same value, read piece by piece with nothing left out.
    private static func rebuilt(_ reader: inout JSONReader) throws(JSONSyntaxError) -> JSONValue {
        switch try reader.kind() {
        case .object:
            var object = JSONObject()
            try reader.beginObject()
            while let key = try reader.nextMember() { object[key.text] = try rebuilt(&reader) }
            return .object(object)
        case .array:
            var elements: [JSONValue] = []
            try reader.beginArray()
            while try reader.nextElement() { elements.append(try rebuilt(&reader)) }
            return .array(elements)
        case .string: return .string(try reader.string())
        case .null, .bool, .number: return try reader.value()
        }
    }

    private static func rebuilt(_ text: String) throws(JSONSyntaxError) -> JSONValue {
        var reader = JSONReader(Array(text.utf8))
        let value = try rebuilt(&reader)
        try reader.end()
        return value
    }

    private static func skipped(_ text: String) throws(JSONSyntaxError) {
        var reader = JSONReader(Array(text.utf8))
        try reader.skip()
        try reader.end()
    }

    private static let texts = [
        "null", " true ", "-1.5e3", #""a\n\u00e9""#, "[]", "{}", #" { "a" : [ 1 , {"b":"é"} ] , "a" : "x" } "#,
        #"{"id":"c1","choices":[{"index":0,"delta":{"content":"one "},"finish_reason":null}]}"#, "[[[[]]]]",
    ]

    @Test(arguments: texts)
    func `pieces make up the value`(text: String) throws {
        #expect(try Self.rebuilt(text) == JSONValue.parse(text))
        try Self.skipped(text)
    }

    /// Texts with one byte less, more or another one: whoever reads them says the same.
    @Test func `it refuses what the parser refuses`() throws {
        var random = SeededRandom(seed: 11)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = Array(Self.texts[Int.random(in: 0..<Self.texts.count, using: &random)].utf8)
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let byte = UInt8(ascii: "{}[]\",:\\ 0a".unicodeScalars.randomElement(using: &random) ?? "0")
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(byte, at: place)
            default: bytes[place] = byte
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let value = try? JSONValue.parse(text)
            if value == nil { refused += 1 }
            #expect((try? Self.rebuilt(text)) == value, "\(text)")
            #expect(((try? Self.skipped(text)) != nil) == (value != nil), "\(text)")
        }
        #expect(refused > 5_000 && refused < 19_000)
    }

    /// Reads arrays down to a level, and what is below it at once.
    private static func descend(_ reader: inout JSONReader, levels: Int) throws(JSONSyntaxError) {
        if levels == 0 { return try reader.skip() }
        try reader.beginArray()
        while try reader.nextElement() { try descend(&reader, levels: levels - 1) }
    }

    @Test(arguments: 0...3) func `nesting has a bound`(levels: Int) throws {
        let text = Array("[[[]]]".utf8)
        var (small, large) = (JSONReader(text, depthMax: 2), JSONReader(text, depthMax: 3))
        #expect(throws: JSONSyntaxError.self) { try Self.descend(&small, levels: levels) }
        try Self.descend(&large, levels: levels)
        try large.end()
    }

    @Test func `a name is known however it is written`() throws {
        var reader = JSONReader(Array(#"{"name":1,"n\u0061me":2,"names":3,"nam":4,"Name":5,"né":6}"#.utf8))
        var (known, others) = ([JSONValue](), [String]())
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "name": known.append(try reader.value())
            default:
                others.append(key.text)
                try reader.skip()
            }
        }
        #expect(known == [1, 2])
        #expect(others == ["names", "nam", "Name", "né"])
    }

    @Test func `it goes on in the middle of an object`() throws {
        let (head, rest) = (#"{"a":1,"#, #""b":[2],"c":3}"#)
        var reader = JSONReader(Array((head + rest).utf8))
        reader.resumeObject(after: head.utf8.count)
        var names: [String] = []
        while let key = try reader.nextMember() {
            names.append(key.text)
            try reader.skip()
        }
        try reader.end()
        #expect(names == ["b", "c"])
    }

    @Test func `an error tells where`() {
        let error = #expect(throws: JSONSyntaxError.self) { try Self.rebuilt("{\n \"a\" 1}") }
        #expect(error?.line == 2)
        #expect(error?.column == 6)
    }
}
