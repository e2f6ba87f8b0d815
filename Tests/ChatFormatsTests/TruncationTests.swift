import ChatFormats
import JSONText
import TestRandomness
import Testing
import Vocabulary

/// Answers that end anywhere, and answers that are made of the forms' own fragments.
@Suite struct TruncationTests {
    @Test(arguments: AnswerFixture.all) func `an answer cut at any byte keeps what was finished`(fixture: AnswerFixture)
    {
        let format = fixture.format
        let whole = Reading(format.read([fixture.answer], fixture.setup))
        var before = Reading([])
        for end in fixture.answer.unicodeScalars.indices.dropFirst() {
            let cut = String(fixture.answer[..<end])
            let reading = Reading(format.read([cut], fixture.setup, isCut: true))
            // Calls only grow: none that was there goes, and its arguments only get longer.
            #expect(reading.calls.count >= before.calls.count, "\(cut)")
            for (call, known) in zip(reading.calls, before.calls) {
                #expect(call.name == known.name && call.id == known.id, "\(cut)")
                #expect(call.arguments.hasPrefix(known.arguments), "\(cut)")
            }
            for (call, final) in zip(reading.calls, whole.calls) {
                #expect(call.name == final.name && final.arguments.hasPrefix(call.arguments), "\(cut)")
            }
            // What is there already of the final answer's thinking and text is given.
            #expect(
                whole.reasoning.hasPrefix(reading.reasoning) || reading.reasoning.hasPrefix(whole.reasoning), "\(cut)")
            before = reading
        }
    }

    /// The text that stands before the first mark of a form.
    @Test(arguments: AnswerFixture.all) func `text before a call is never lost`(fixture: AnswerFixture) {
        guard fixture.format.name != "gpt-oss" else { return }
        let preface = "Ä preface.\n\nWith 2 lines"
        var fixture = fixture
        fixture.answer = preface + " " + fixture.answer
        fixture.opening = .undecided
        for end in fixture.answer.unicodeScalars.indices.dropFirst(preface.unicodeScalars.count) {
            let reading = Reading(fixture.format.read([String(fixture.answer[..<end])], fixture.setup, isCut: true))
            #expect(reading.text.hasPrefix(preface))
        }
    }

    @Test(arguments: ChatFormat.all.map(\.name)) func `garbage of fragments neither crashes nor is lost`(
        name: String
    ) throws {
        let format = try #require(ChatFormat.named(name))
        let fragments =
            format.preservedTexts + [
                "{", "}", "[", "]", "\"", ",", ":", " ", "\n", "\\", "name", "\"name\": \"get_time\"", "get_time",
                "ping",
                "\"arguments\": ", "{\"name\": \"ping\", \"arguments\": {}}", "(", ")", "=", "```", "<function=",
                "<parameter=zone>", "</parameter>", "</function>", "functions.ping", "é🏔", "text", "{\"tool_call\": ",
                "to=functions.ping ", "call:ping{}", "1",
            ]
        for seed in 0..<300 {
            var random = SeededRandom(seed: UInt64(seed))
            var answer = ""
            for _ in 0..<Int.random(in: 1...14, using: &random) {
                answer += fragments.randomElement(using: &random) ?? ""
            }
            let setup = ParserSetup(tools: OfferedFunctions.all)
            let whole = format.read([answer], setup)
            #expect(format.read(answer.split(using: &random), setup) == whole, "seed \(seed): \(answer)")
            // Every word of text comes out, whatever became of the marks around it.
            let reading = Reading(whole)
            let count = { (text: String) in text.split(separator: "é🏔", omittingEmptySubsequences: false).count - 1 }
            if reading.calls.isEmpty, !answer.contains("\"name\"") {
                #expect(count(reading.everything) == count(answer), "seed \(seed): \(answer)")
            }
        }
    }

    @Test func `a cut call keeps its arguments and says so`() {
        let answer = #"Hm. <tool_call>{"name": "get_time", "arguments": {"zone": "C"#
        let pieces = ChatFormat.hermes.read([answer], ParserSetup(tools: OfferedFunctions.all), isCut: true)
        #expect(
            pieces.prefix(3) == [
                .text("Hm."), .callStarted(index: 0, name: "get_time", id: nil),
                .callArguments(index: 0, #"{"zone": "C"#),
            ])
        guard case .warning(let warning) = pieces.last else {
            Issue.record("no warning")
            return
        }
        #expect(warning.code == .toolCallIncomplete)
    }

    @Test func `parameters that were finished stand when the next is cut`() {
        let answer = "<tool_call>\n<function=edit>\n<parameter=path>\na\n</parameter>\n<parameter=text>\nhalf"
        let reading = Reading(
            ChatFormat.qwenCoder.read([answer], ParserSetup(tools: OfferedFunctions.all), isCut: true))
        #expect(reading.calls == [FoundCall("edit", #"{"path": "a""#)])
        #expect(reading.text == "\n<parameter=text>\nhalf")
        #expect(reading.warnings == [.toolCallIncomplete])
    }

    @Test func `cut thinking is thinking, with a warning`() {
        for (format, answer) in [
            (ChatFormat.qwen, "<think>\nHm </th"), (.mistral, "[THINK]Hm </th"),
            (.gptOss, "<|channel|>analysis<|message|>Hm </th"),
        ] {
            let reading = Reading(format.read([answer], ParserSetup(), isCut: true))
            #expect(reading.reasoning == "Hm </th")
            #expect(reading.warnings == [.reasoningIncomplete])
            #expect(Reading(format.read([answer], ParserSetup(), isCut: false)).warnings.isEmpty)
        }
    }

    @Test func `a candidate that goes on for too long is text`() {
        let answer = #"<tool_call>{"x": ""# + String(repeating: "a", count: 70 << 10) + #"", "name": "ping"}"#
        let reading = Reading(ChatFormat.hermes.read([answer], ParserSetup(tools: OfferedFunctions.all)))
        #expect(reading.text == answer)
        #expect(reading.warnings == [.toolCallUnreadable])
        #expect(reading.calls.isEmpty)
    }

    @Test func `a header that does not end is text`() {
        let answer = "<|channel|>" + String(repeating: "word ", count: 300)
        let reading = Reading(ChatFormat.gptOss.read([answer], ParserSetup(tools: OfferedFunctions.all)))
        #expect(reading.text == answer)
    }

    @Test func `many openings in one candidate are bounded work`() {
        let answer = String(repeating: #"<tool_call>{"x": ""#, count: 2000)
        let reading = Reading(ChatFormat.hermes.read([answer], ParserSetup(tools: OfferedFunctions.all)))
        #expect(reading.text == answer)
    }
}
