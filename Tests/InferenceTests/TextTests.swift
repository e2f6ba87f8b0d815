import Testing

@testable import Inference

@Suite struct TextAssemblerTests {
    private func run(_ bytes: [UInt8], pieces: Int, stops: [String]) -> (String, Bool) {
        var assembler = TextAssembler(stops: stops.map { Array($0.utf8) })
        var text = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            let output = assembler.append(Array(rest.prefix(pieces)))
            text += output.text
            if output.isStopped { return (text, true) }
            rest = rest.dropFirst(pieces)
        }
        return (text + assembler.finish(), false)
    }

    @Test(arguments: 1...7) func `any cut of the bytes gives the same text`(pieces: Int) {
        let text = "Grüße, 世界 🌍! stop"
        #expect(run(Array(text.utf8), pieces: pieces, stops: []).0 == text)
        let stopped = run(Array(text.utf8), pieces: pieces, stops: ["nothing", "st"])
        #expect(stopped == ("Grüße, 世界 🌍! ", true))
    }

    @Test func `the earliest stop text wins`() {
        #expect(run(Array("one two three".utf8), pieces: 13, stops: ["three", "two"]) == ("one ", true))
    }

    @Test func `what only looks like a stop text is shown in the end`() {
        #expect(run(Array("wait </to".utf8), pieces: 1, stops: ["</tool>"]) == ("wait </to", false))
    }

    @Test func `a character is never cut in two`() {
        var assembler = TextAssembler(stops: [])
        let bytes = Array("é".utf8)
        #expect(assembler.append([bytes[0]]).text == "")
        #expect(assembler.append([bytes[1]]).text == "é")
    }

    @Test func `bytes that are no characters show as replacements`() {
        #expect(run([0x41, 0xFF, 0xE4, 0xB8], pieces: 1, stops: []).0 == "A\u{FFFD}\u{FFFD}")
    }
}

@Suite struct ToolCallParserTests {
    private static let answer =
        "Let me look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>\n"
        + "<tool_call>{\"name\":\"get_time\",\"arguments\":{}}</tool_call>"

    private func parse(_ text: String, pieces: Int) -> [ToolCallParser.Piece] {
        var parser = ToolCallParser()
        var found: [ToolCallParser.Piece] = []
        var rest = Array(text)[...]
        while !rest.isEmpty {
            found += parser.append(String(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        found += parser.finish()
        return found.reduce(into: []) { merged, piece in
            if case .text(let more) = piece, case .text(let before)? = merged.last {
                merged[merged.count - 1] = .text(before + more)
            } else {
                merged.append(piece)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 8, 13, 1000]) func `calls are found whatever the pieces`(pieces: Int) {
        let found = parse(Self.answer, pieces: pieces)
        #expect(
            found.filter { if case .text(let text) = $0 { !text.allSatisfy(\.isWhitespace) } else { true } } == [
                .text("Let me look."), .call(name: "get_weather", arguments: "{\"city\":\"Rome\"}"),
                .call(name: "get_time", arguments: "{}"),
            ])
    }

    @Test func `what cannot be read is given back as it was, at every cut`() {
        let text = "x <tool_call>{\"name\": 7}</tool_call> y"
        #expect(parse(text, pieces: 1) == [.text(text)])
        for count in 0...text.count {
            let cut = String(text.prefix(count))
            let joined = parse(cut, pieces: 1).map { if case .text(let text) = $0 { text } else { "" } }.joined()
            #expect(joined == cut)
        }
    }

    @Test func `a call without its closing tag still counts when it is whole`() {
        #expect(
            parse("<tool_call>{\"name\":\"a\",\"arguments\":{\"b\":1}}", pieces: 4) == [
                .call(name: "a", arguments: "{\"b\":1}")
            ])
    }
}
