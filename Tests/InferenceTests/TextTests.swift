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
