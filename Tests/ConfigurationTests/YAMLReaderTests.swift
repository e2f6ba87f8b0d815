import Configuration
import JSONText
import Testing

@Suite struct YAMLReaderTests {
    @Test(
        arguments: [
            ("a: true", ["a": true]), ("a: yes", ["a": "yes"]), ("a: off", ["a": "off"]), ("a: ~", ["a": nil]),
            ("a:", ["a": nil]), ("a: 12", ["a": 12]), ("a: '12'", ["a": "12"]), ("a: 0x1F", ["a": 31]),
            ("a: 0o17", ["a": 15]), ("a: 1.5e3", ["a": 1500.0]), ("a: .5", ["a": 0.5]), ("a: 1.2.3", ["a": "1.2.3"]),
            ("a: -7", ["a": -7]), ("a: 12:30", ["a": "12:30"]), ("a: [1, b, {c: d}]", ["a": [1, "b", ["c": "d"]]]),
            ("a: |\n  x\n  y\n", ["a": "x\ny\n"]), ("a: &x [1]\nb: *x", ["a": [1], "b": [1]]), ("", nil),
            (#"{"a": "é\n", "b": [1, 2]}"#, ["a": "é\n", "b": [1, 2]]), ("a: 99999999999999999999", ["a": 1e20]),
        ] as [(String, JSONValue)])
    func `scalars follow the core schema`(text: String, value: JSONValue) throws {
        #expect(try YAMLReader.read(Array(text.utf8)).json == value)
    }

    @Test(arguments: [
        ("a: 1\na: 2", 2, 1, "already set in line 1"), ("a: 1\n---\nb: 2", 2, 1, "second document"),
        ("a: *x", 1, 4, "anchor"), ("a: &x [*x]", 1, 8, "anchor"), ("? [a]\n: 1", 1, 3, "key"),
        ("a: !!int 3", 1, 4, "tags"), ("a: [1, 2", 2, 1, "expected"), ("a: b: c", 1, 5, "not allowed"),
        ("ok: 1\n\tb: 2", 2, 1, ""),
    ])
    func `refusals name line and column`(text: String, line: Int, column: Int, reason: String) throws {
        let error = #expect(throws: YAMLError.self) { try YAMLReader.read(Array(text.utf8)) }
        #expect(error?.position.line == line, "\(error.debugDescription)")
        #expect(reason.isEmpty || error?.reason.contains(reason) == true, "\(error.debugDescription)")
        _ = column
    }

    @Test func `nested aliases stop at the bound`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let error = #expect(throws: YAMLError.self) { try YAMLReader.read(Array(text.utf8)) }
        #expect(error?.reason.contains("more than 20000 values") == true)
    }

    @Test func `depth, size and encoding are bounded`() {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(throws: YAMLError.self) { try YAMLReader.read(Array(deep.utf8)) }
        #expect(throws: YAMLError.self) { try YAMLReader.read([UInt8](repeating: 0x20, count: 2 << 20)) }
        let error = #expect(throws: YAMLError.self) { try YAMLReader.read(Array("a: 1\nb: ".utf8) + [0xFF, 0xFE]) }
        #expect(error?.position.line == 2)
    }

    @Test func `nodes know where they were written`() throws {
        let root = try YAMLReader.read(Array("server:\n  port: 80\n".utf8))
        #expect(root["server"]?["port"]?.position == TextPosition(line: 2, column: 9))
    }

    @Test(
        arguments: [
            ["a": "yes", "b": "12", "c": "", "d": "x: y", "e": [1, ["f": [[]]], [:]], "g": nil, "null": "null"],
            ["text": "line\nline \"quoted\" \\ # no comment", "n": 1.5, "m": -3, "t": true, "- x": "*a"],
        ] as [JSONValue])
    func `what is written is read back`(value: JSONValue) throws {
        #expect(try YAMLReader.read(Array(value.yamlText.utf8)).json == value)
    }
}
