import ChatFormats
import JSONText
import TestRandomness
import Testing
import Vocabulary

@Suite struct AnswerParserTests {
    @Test(arguments: AnswerFixture.all) func `an answer is taken apart`(fixture: AnswerFixture) {
        let reading = Reading(fixture.format.read([fixture.answer], fixture.setup))
        #expect(reading.reasoning == fixture.reasoning)
        #expect(reading.text == fixture.text)
        #expect(reading.calls == fixture.calls)
        #expect(reading.warnings == fixture.warnings)
    }

    @Test(arguments: AnswerFixture.all) func `how the answer is cut makes no difference`(fixture: AnswerFixture) {
        let whole = fixture.format.read([fixture.answer], fixture.setup)
        #expect(fixture.format.read(fixture.answer.scalars, fixture.setup) == whole)
        for seed in 0..<20 {
            var random = SeededRandom(seed: UInt64(seed))
            #expect(fixture.format.read(fixture.answer.split(using: &random), fixture.setup) == whole, "seed \(seed)")
        }
    }

    @Test func `without tools, and with the choice none, nothing is a call`() {
        let answer = #"<tool_call>{"name": "ping", "arguments": {}}</tool_call>"#
        #expect(ChatFormat.hermes.read([answer], ParserSetup()) == [.text(answer)])
        let setup = ParserSetup(tools: OfferedFunctions.all, choice: .none)
        #expect(ChatFormat.hermes.read([answer], setup) == [.text(answer)])
    }

    @Test func `a program is a call of the tool that runs programs`() {
        let tools = OfferedFunctions.all + [OfferedFunctions.tool("python", ["code": ["type": "string"]], required: [])]
        let answer = "<|python_tag|>x = [1]\nprint(\"é\", x)"
        let reading = Reading(ChatFormat.llama3.read(answer.scalars, ParserSetup(tools: tools)))
        #expect(reading.calls == [FoundCall("python", #"{"code":"x = [1]\nprint(\"é\", x)"}"#)])
        #expect(reading.text.isEmpty)
        let other = Reading(ChatFormat.llama3.read([answer], ParserSetup(tools: OfferedFunctions.all)))
        #expect(other.calls.isEmpty)
        #expect(other.text == answer)
        #expect(other.warnings == [.toolCallUnreadable])
    }

    @Test func `where one call is allowed, a second is text with a warning`() {
        let call = #"<tool_call>{"name": "ping", "arguments": {}}</tool_call>"#
        let setup = ParserSetup(tools: OfferedFunctions.all, isParallel: false)
        let reading = Reading(ChatFormat.hermes.read([call + call], setup))
        #expect(reading.calls == [FoundCall("ping", "{}")])
        #expect(reading.text == call)
        #expect(reading.warnings == [.toolCallUnreadable])
        let message = "<|channel|>commentary to=functions.ping<|message|>{}<|call|><|start|>assistant"
        let harmony = Reading(ChatFormat.gptOss.read([message + message], setup))
        #expect(harmony.calls == [FoundCall("ping", "{}")])
        #expect(harmony.warnings == [.toolCallUnreadable])
    }

    @Test func `names and arguments are given as they arrive`() {
        var parser = ChatFormat.qwen.parser(ParserSetup(tools: OfferedFunctions.all))
        let parts = [
            "Hm.\n<tool_ca", #"ll>{"name": "get_time", "argu"#, #"ments": {"zo"#, #"ne":"CE"#, #"T"}}</tool_call>"#,
        ]
        let given = parts.map { parser.append($0) }
        let expected: [[AnswerPiece]] = [
            [.text("Hm.")], [],
            [.callStarted(index: 0, name: "get_time", id: nil), .callArguments(index: 0, #"{"zo"#)],
            [.callArguments(index: 0, #"ne":"CE"#)], [.callArguments(index: 0, #"T"}"#)],
        ]
        #expect(given == expected)
        #expect(parser.hasCalls)
        let rest = parser.finish(isCut: false)
        #expect(rest.isEmpty)
    }
}
