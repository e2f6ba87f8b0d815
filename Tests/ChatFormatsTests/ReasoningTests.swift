import ChatFormats
import JSONText
import Testing
import Vocabulary

@Suite struct ReasoningTests {
    @Test func `the prompt's end tells whether thinking is open`() {
        let tags = ThinkingTags(start: "<think>", end: "</think>")
        #expect(ChatFormat.qwen.opening(ofPrompt: "<|im_start|>assistant\n<think>\n") == .thinking(tags))
        #expect(ChatFormat.qwen.opening(ofPrompt: "<|im_start|>assistant\n<think>\n\n</think>\n\n") == .answer)
        #expect(ChatFormat.qwen.opening(ofPrompt: "What is <think>?<|im_end|>\n<|im_start|>assistant\n") == .undecided)
        #expect(ChatFormat.generic.opening(ofPrompt: "<｜Assistant｜><think>\n") == .thinking(tags))
        let own = ThinkingTags(start: "<|START_THINKING|>", end: "<|END_THINKING|>")
        #expect(ChatFormat.commandR.opening(ofPrompt: "x<|START_THINKING|>") == .thinking(own))
        #expect(ChatFormat.commandR.opening(ofPrompt: "<|START_THINKING|><|END_THINKING|>") == .answer)
        #expect(ChatFormat.gptOss.opening(ofPrompt: "<|start|>assistant") == .undecided)
    }

    @Test func `an open thinking of each kind ends at its own tag`() {
        for format in ChatFormat.all {
            let tags = format.thinking ?? ThinkingTags(start: "<think>", end: "</think>")
            let opening = format.opening(ofPrompt: "prompt" + tags.start)
            #expect(opening == .thinking(tags), "\(format.name)")
            var parser = format.parser(ParserSetup(opening: opening))
            #expect(parser.isThinking)
            #expect(parser.thinkingEnd == tags.end)
            var pieces = parser.append("Hm.")
            pieces += parser.append(tags.end)
            #expect(!parser.isThinking)
            #expect(parser.thinkingEnd == nil)
            pieces += parser.append("Yes.")
            pieces += parser.finish(isCut: false)
            #expect(joined(pieces) == [.reasoning("Hm."), .text("Yes.")], "\(format.name)")
        }
    }

    @Test func `with the format none, thinking stays in the text with its tags`() {
        let setup = ParserSetup(tools: OfferedFunctions.all, reasoning: .none)
        let answer = "<think>\nHm. <tool_call>\n</think>\n\nYes. "
        #expect(ChatFormat.qwen.read(answer.scalars, setup) == [.text(answer)])
        let harmony = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes."
        #expect(
            ChatFormat.gptOss.read(harmony.scalars, setup)
                == [.text("<|channel|>analysis<|message|>Hm.<|end|>Yes.")])
        var parser = ChatFormat.qwen.parser(setup)
        _ = parser.append("<think>Hm")
        #expect(parser.isThinking)
    }

    @Test func `a call in the thinking is a thought`() {
        let answer = #"<think>I could <tool_call>{"name": "ping"}</tool_call></think>No."#
        let reading = Reading(ChatFormat.qwen.read([answer], ParserSetup(tools: OfferedFunctions.all)))
        #expect(reading.calls.isEmpty)
        #expect(reading.text == "No.")
    }

    @Test func `thinking between calls is found`() {
        let answer =
            #"<think>a</think><tool_call>{"name": "ping"}</tool_call><think>b</think><tool_call>{"name": "ping"}</tool_call>"#
        let reading = Reading(ChatFormat.qwen.read([answer], ParserSetup(tools: OfferedFunctions.all)))
        #expect(reading.reasoning == "ab")
        #expect(reading.calls.count == 2)
        #expect(reading.text.isEmpty)
    }

    @Test func `options become the variables that templates look at`() {
        #expect(ChatFormat.qwen.templateVariables(ReasoningOptions()).isEmpty)
        #expect(
            ChatFormat.qwen.templateVariables(ReasoningOptions(isEnabled: false))
                == ["enable_thinking": false, "thinking": false])
        #expect(
            ChatFormat.gptOss.templateVariables(ReasoningOptions(effort: "high")) == ["reasoning_effort": "high"])
        #expect(
            ChatFormat.gptOss.templateVariables(ReasoningOptions(isEnabled: false))["reasoning_effort"] == "low")
        #expect(ChatFormat.qwen.templateVariables(ReasoningOptions(effort: "none"))["enable_thinking"] == false)
    }

    @Test func `where a call is demanded, thinking ends without choosing a channel`() {
        let setup = ParserSetup(tools: OfferedFunctions.all, choice: .required)
        var parser = ChatFormat.gptOss.parser(setup)
        _ = parser.append("<|channel|>analysis<|message|>Hm")
        #expect(parser.thinkingEnd == "<|end|><|start|>assistant")
    }
}
