/// Parts that several families share.
extension ChatFormat {
    static let hermesCall = CallSyntax(
        opener: "<tool_call>", closers: ["</tool_call>"], body: .json(CallKeys(), otherwise: .wholeFunctionTag))

    /// Models forget the outer tag.
    static let openFunction = CallSyntax(
        opener: "<function=", closers: ["</function>", "</tool_call>"], body: .named(.functionTag))

    static let hermesWriting = CallWriting(
        call: CallWriting.object("name", "arguments", prefix: "<tool_call>\n{", suffix: "}\n</tool_call>"),
        between: "\n", triggers: ["<tool_call>"])

    /// A list of objects between marks.
    static func list(_ start: String, _ end: String) -> CallWriting {
        CallWriting(
            call: CallWriting.object("name", "arguments"), start: start + "[", between: ", ", end: "]" + end,
            triggers: [start])
    }

    /// An object without any mark, at the beginning of an answer.
    static let bareObject = CallSyntax(
        opener: "{", isOpenerBody: true, body: .json(CallKeys(names: ["name", "function"]), otherwise: nil),
        isAtStart: true, isTentative: true)

    /// A list of calls in Python's syntax without any mark.
    static let bareList = CallSyntax(
        opener: "[", isOpenerBody: true, body: .literal(.python(hasJSON: false)), isAtStart: true, isTentative: true)

    static func fenced(_ language: String, _ body: CallSyntax.Body) -> CallSyntax {
        CallSyntax(opener: "```\(language)\n", closers: ["```"], body: body, isTentative: true)
    }

    static let mistralThinking = ThinkingTags(start: "[THINK]", end: "[/THINK]")
    static let mistralMarks = ["[ARGS]", "[CALL_ID]"]
    static let mistralCall = CallSyntax(
        opener: "[TOOL_CALLS]", body: .json(CallKeys(idComesLast: true), otherwise: .bracketTags))

    /// Models write the first mark in these ways. Source: llama.cpp's list.
    static let deepSeekCalls = [
        "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool_calls_begin｜>", "<｜tool calls begin｜>",
        "<｜tool\\_calls\\_begin｜>", "<｜tool▁calls｜>",
    ].map { opener in
        CallSyntax(
            opener: opener, closers: ["```", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"], body: .named(.separated))
    }
    static let deepSeekMarks = ["<｜tool▁sep｜>"]

    static let commandRKeys = CallKeys(names: ["tool_name", "name"], arguments: ["parameters", "arguments"])
    static let commandRCall = CallSyntax(
        opener: "<|START_ACTION|>", closers: ["<|END_ACTION|>"], body: .json(commandRKeys, otherwise: nil))
    static let commandRFences = ["Action:\n```json\n", "Action: ```json\n"].map { opener in
        CallSyntax(opener: opener, closers: ["```"], body: .json(commandRKeys, otherwise: nil))
    }
    static let commandRWrappers = [
        AnswerWrapper(start: "<|START_RESPONSE|>", end: "<|END_RESPONSE|>", isAlways: true),
        AnswerWrapper(start: "<|START_TEXT|>", end: "<|END_TEXT|>", isAlways: true),
    ]

    static func listBetween(name: String, _ start: String, _ end: String) -> ChatFormat {
        ChatFormat(
            name: name, thinking: .think,
            calls: [CallSyntax(opener: start, closers: [end], body: .json(CallKeys(), otherwise: nil))],
            writing: list(start, end))
    }
}
