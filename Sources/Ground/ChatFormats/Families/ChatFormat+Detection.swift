extension ChatFormat {
    /// The format of a model, by what its chat template writes.
    ///
    /// - Parameters:
    ///   - template: the Jinja source; empty when the model has none.
    ///   - controlTexts: texts of the vocabulary's control tokens, for templates that do not tell.
    /// - Returns: the family's format; `generic` when nothing is recognised.
    public static func detect(template: String, controlTexts: [String]) -> ChatFormat {
        var format = byCalls(template) ?? byTurns(template, controlTexts: Set(controlTexts))
        format.rendersTools = template.contains("tools")
        if let tags = format.thinking, !format.isHarmony {
            format.thinksBeforeCalls = [tags.start, tags.end].contains { tag in
                template.contains(tag) || controlTexts.contains(tag)
            }
        }
        return format
    }

    /// By how the template writes earlier calls.
    private static func byCalls(_ template: String) -> ChatFormat? {
        func has(_ marks: String...) -> Bool { marks.allSatisfy { template.contains($0) } }
        if has("<|channel|>") { return gptOss }
        if has("[TOOL_CALLS]") { return has("[ARGS]") ? mistralBrackets : mistral }
        if has("<|START_ACTION|>") { return commandR }
        if has("<|START_OF_TURN_TOKEN|>", "Action:") { return commandRPlus }
        if has("<｜tool▁sep｜>") { return has("```json") ? deepSeekR1 : deepSeekV31 }
        if has("<|tool_call_begin|>") { return kimi }
        if has("<start_function_call>") { return functionGemma }
        if has("<|tool_call>call:") { return gemma4 }
        if has("<|start_of_role|>") { return granite }
        if has("<|/tool_call|>") || has("<|tool|>") || has("functools") { return phi }
        if has("<function=", "<parameter=") { return qwenCoder }
        if has("<tool_call>") { return has("Qwen") || has("enable_thinking") ? qwen : hermes }
        if has("<TOOLCALL>") { return nemotron }
        if has("<tool_calls>") { return apriel }
        return nil
    }

    /// By the marks of turns, for templates that write no calls.
    private static func byTurns(_ template: String, controlTexts: Set<String>) -> ChatFormat {
        func has(_ mark: String) -> Bool { template.contains(mark) || controlTexts.contains(mark) }
        if has("<|start_header_id|>") { return llama3 }
        if has("<｜User｜>") || has("<｜Assistant｜>") { return deepSeekR1 }
        if has("<start_of_turn>") { return gemma }
        if has("<|START_OF_TURN_TOKEN|>") { return commandRPlus }
        if controlTexts.contains("[TOOL_CALLS]") { return mistral }
        if controlTexts.contains("<tool_call>") { return has("<|im_start|>") ? qwen : hermes }
        if controlTexts.contains("<|tool_call|>") { return phi }
        return generic
    }
}
