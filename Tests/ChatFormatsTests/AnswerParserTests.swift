import ChatFormats
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
}
