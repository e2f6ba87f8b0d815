public import JSONText
public import Vocabulary

extension ChatFormat {
    /// Variables that templates look at to switch thinking on and off, and to set its effort.
    ///
    /// Families name the switch differently, and a template ignores names it does not know: all are set.
    public func templateVariables(_ reasoning: ReasoningOptions) -> JSONObject {
        var variables = JSONObject()
        let isOff = reasoning.isEnabled == false || reasoning.effort == "none"
        if isOff || reasoning.isEnabled == true {
            variables["enable_thinking"] = .bool(!isOff)
            variables["thinking"] = .bool(!isOff)
        }
        if let effort = reasoning.effort, effort != "none" {
            variables["reasoning_effort"] = .string(effort)
        } else if isOff, isHarmony {
            // gpt-oss always thinks; it can only be told to do little of it.
            variables["reasoning_effort"] = "low"
        }
        return variables
    }

    /// Whether the prompt, as text, has opened or closed the thinking already; its end tells.
    public func opening(ofPrompt rendered: String) -> AnswerOpening {
        var tail = rendered.suffix(256)
        while let last = tail.last, last.isWhitespace { tail.removeLast() }
        for tags in thinkingTags {
            if tail.hasSuffix(tags.start) { return .thinking(tags) }
            if tail.hasSuffix(tags.end) { return .answer }
        }
        return .undecided
    }
}
