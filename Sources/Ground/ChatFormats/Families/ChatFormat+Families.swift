extension ChatFormat {
    /// Every format, in the order in which they are listed for people.
    public static let all: [ChatFormat] = [
        llama3, qwen, qwenCoder, hermes, mistral, mistralBrackets, deepSeekR1, deepSeekV31, gemma, functionGemma,
        gemma4,
        phi, commandR, commandRPlus, gptOss, granite, kimi, nemotron, apriel, generic,
    ]

    /// The format of that name.
    public static func named(_ name: String) -> ChatFormat? { all.first { $0.name == name.lowercased() } }

    /// Llama 3.1, 3.2 and 3.3: an object with `parameters`, `<|python_tag|>` for builtin tools and programs, and
    /// `<function=name>{…}</function>`, which the model card teaches as well.
    public static let llama3 = ChatFormat(
        name: "llama3", stops: ["<|eom_id|>"],
        calls: [
            CallSyntax(opener: "<|python_tag|>", body: .literal(.python(hasJSON: true))),
            CallSyntax(opener: "<function=", closers: ["</function>"], body: .named(.functionTag)),
            bareObject,
            bareList,
        ],
        writing: CallWriting(
            call: CallWriting.object("name", "parameters"), triggers: ["{\"name\": \""], triggersAtStart: true))

    /// Qwen 2.5, Qwen 3 and QwQ: the Hermes form.
    public static let qwen = ChatFormat(
        name: "qwen", thinking: .think, calls: [hermesCall, openFunction], writing: hermesWriting)

    /// Qwen3-Coder and Qwen 3.5: parameters as elements.
    public static let qwenCoder = ChatFormat(
        name: "qwen3-coder", thinking: .think, calls: [hermesCall, openFunction],
        writing: CallWriting(
            call: [
                .text("<tool_call>\n<function="), .name, .text(">\n"), .arguments, .text("</function>\n</tool_call>"),
            ], arguments: .elements, between: "\n", triggers: ["<tool_call>"]))

    /// Nous Hermes 2 Pro and 3, and the many that follow it.
    public static let hermes = ChatFormat(
        name: "hermes", thinking: .think, calls: [hermesCall, openFunction], writing: hermesWriting)

    /// Mistral 7B v0.3, Nemo, Small and Large of 2024: a list of objects with ids of nine letters and digits.
    public static let mistral = ChatFormat(
        name: "mistral", thinking: mistralThinking, callIDLength: 9, calls: [mistralCall], marks: mistralMarks,
        writing: CallWriting(
            call: CallWriting.object("name", "arguments", suffix: ", \"id\": \"") + [
                .made("[a-zA-Z0-9]{9}", example: "a1B2c3D4e"), .text("\"}"),
            ], start: "[TOOL_CALLS][", between: ", ", end: "]", triggers: ["[TOOL_CALLS]"]))

    /// Mistral's models of 2025, Devstral, Magistral and Ministral: `[TOOL_CALLS]name[ARGS]{…}`.
    public static let mistralBrackets = ChatFormat(
        name: "mistral-args", thinking: mistralThinking, callIDLength: 9, calls: [mistralCall], marks: mistralMarks,
        writing: CallWriting(
            call: [.text("[TOOL_CALLS]"), .name, .text("[ARGS]"), .arguments], between: "", triggers: ["[TOOL_CALLS]"]))

    /// DeepSeek V3 and R1: the arguments in a fence.
    public static let deepSeekR1 = ChatFormat(
        name: "deepseek", thinking: .think, calls: deepSeekCalls, marks: deepSeekMarks,
        writing: CallWriting(
            call: [
                .text("<｜tool▁call▁begin｜>function<｜tool▁sep｜>"), .name, .text("\n```json\n"), .arguments,
                .text("\n```<｜tool▁call▁end｜>"),
            ], start: "<｜tool▁calls▁begin｜>", between: "\n", end: "<｜tool▁calls▁end｜>",
            triggers: ["<｜tool▁calls▁begin｜>"]))

    /// DeepSeek V3.1.
    public static let deepSeekV31 = ChatFormat(
        name: "deepseek-v3.1", thinking: .think, calls: deepSeekCalls, marks: deepSeekMarks,
        writing: CallWriting(
            call: [.text("<｜tool▁call▁begin｜>"), .name, .text("<｜tool▁sep｜>"), .arguments, .text("<｜tool▁call▁end｜>")],
            start: "<｜tool▁calls▁begin｜>", between: "", end: "<｜tool▁calls▁end｜>", triggers: ["<｜tool▁calls▁begin｜>"]))

    /// Gemma 2 and 3, which have no form of their own. Google's guide suggests an object with `parameters`, or Python's
    /// syntax; models also fence them. The first is what is asked for and enforced, all are read.
    public static let gemma = ChatFormat(
        name: "gemma",
        calls: [
            fenced("tool_code", .literal(.python(hasJSON: true))),
            fenced("tool_call", .json(CallKeys(), otherwise: nil)),
            fenced("json", .json(CallKeys(), otherwise: nil)), bareObject, bareList,
        ],
        writing: CallWriting(
            call: CallWriting.object("name", "parameters"), triggers: ["{\"name\": \""], triggersAtStart: true))

    /// FunctionGemma: `call:name{key:<escape>text<escape>}`.
    public static let functionGemma = ChatFormat(
        name: "functiongemma", stops: ["<start_function_response>"],
        calls: [
            CallSyntax(
                opener: "<start_function_call>", body: .literal(.braces(quote: "<escape>", end: "<end_function_call>")))
        ], marks: ["<escape>", "<end_function_call>"],
        writing: CallWriting(
            call: [.text("<start_function_call>call:"), .name, .arguments, .text("<end_function_call>")],
            arguments: .braces(quote: "<escape>"), between: "", triggers: ["<start_function_call>"]))

    /// Gemma 4: the same idea with other marks, and thinking in a channel.
    public static let gemma4 = ChatFormat(
        name: "gemma4", stops: ["<|tool_response>"],
        thinking: ThinkingTags(start: "<|channel>thought", end: "<channel|>"),
        calls: [CallSyntax(opener: "<|tool_call>", body: .literal(.braces(quote: "<|\"|>", end: "<tool_call|>")))],
        marks: ["<|\"|>", "<tool_call|>", "<|channel>"],
        writing: CallWriting(
            call: [.text("<|tool_call>call:"), .name, .arguments, .text("<tool_call|>")],
            arguments: .braces(quote: "<|\"|>"), between: "", triggers: ["<|tool_call>"]))

    /// Phi-4-mini: a list between tokens, or after the word `functools`.
    public static let phi = ChatFormat(
        name: "phi", thinking: .think,
        calls: [
            CallSyntax(
                opener: "<|tool_call|>", closers: ["<|/tool_call|>"], body: .json(CallKeys(), otherwise: nil)),
            CallSyntax(opener: "functools", body: .json(CallKeys(), otherwise: nil), isTentative: true),
        ],
        writing: list("<|tool_call|>", "<|/tool_call|>"))

    /// Command-R7B and Command-A: actions, thinking and the answer each between tokens.
    public static let commandR = ChatFormat(
        name: "command-r", thinking: ThinkingTags(start: "<|START_THINKING|>", end: "<|END_THINKING|>"),
        calls: [commandRCall] + commandRFences, wrappers: commandRWrappers,
        writing: CallWriting(
            call: [.text("    {\"tool_call_id\": \""), .made("[0-9]{1,3}", example: "0"), .text("\", ")]
                + CallWriting.object("tool_name", "parameters", prefix: ""), start: "<|START_ACTION|>[\n",
            between: ",\n", end: "\n]<|END_ACTION|>", triggers: ["<|START_ACTION|>"]))

    /// Command-R and Command-R+: a fenced list after `Action:`.
    public static let commandRPlus = ChatFormat(
        name: "command-r-plus", calls: [commandRCall] + commandRFences, wrappers: commandRWrappers,
        writing: CallWriting(
            call: CallWriting.object("tool_name", "parameters", prefix: "    {"), start: "Action:\n```json\n[\n",
            between: ",\n", end: "\n]\n```", triggers: ["Action:"]))

    /// gpt-oss: messages with channels.
    public static let gptOss = ChatFormat(
        name: "gpt-oss", stops: ["<|call|>", "<|return|>"],
        thinking: ThinkingTags(
            start: "<|channel|>analysis<|message|>", end: "<|end|><|start|>assistant<|channel|>final<|message|>"),
        calls: [], isHarmony: true,
        writing: CallWriting(
            call: [
                .text("<|channel|>commentary to=functions."), .name, .text(" <|constrain|>json<|message|>"), .arguments,
            ], triggers: ["<|channel|>commentary to=functions."]))

    /// Granite 3 with a list after a token, and Granite 4 with the Hermes form.
    public static let granite = ChatFormat(
        name: "granite", thinking: .think,
        calls: [CallSyntax(opener: "<|tool_call|>", body: .json(CallKeys(), otherwise: nil)), hermesCall],
        wrappers: [AnswerWrapper(start: "<response>", end: "</response>", isAlways: false)],
        writing: list("<|tool_call|>", ""))

    /// Kimi K2.
    public static let kimi = ChatFormat(
        name: "kimi-k2", thinking: .think,
        calls: ["<|tool_calls_section_begin|>", "<|tool_call_begin|>"].map { opener in
            CallSyntax(
                opener: opener, closers: ["<|tool_call_end|>", "<|tool_calls_section_end|>"], body: .named(.numbered))
        }, marks: ["<|tool_call_argument_begin|>"],
        writing: CallWriting(
            call: [
                .text("<|tool_call_begin|>functions."), .name, .text(":"), .made("[0-9]{1,3}", example: "0"),
                .text("<|tool_call_argument_begin|>"), .arguments, .text("<|tool_call_end|>"),
            ], start: "<|tool_calls_section_begin|>", between: "", end: "<|tool_calls_section_end|>",
            triggers: ["<|tool_calls_section_begin|>"]))

    /// NVIDIA Nemotron Nano v2.
    public static let nemotron = listBetween(name: "nemotron", "<TOOLCALL>", "</TOOLCALL>")

    /// ServiceNow Apriel 1.5.
    public static let apriel = listBetween(name: "apriel", "<tool_calls>", "</tool_calls>")

    /// For models whose template knows no tools: an object with `tool_call`, `tool_calls` or `response`.
    public static let generic = ChatFormat(
        name: "generic",
        calls: [
            CallSyntax(opener: "{", isOpenerBody: true, body: .envelope, isAtStart: true, isTentative: true),
            hermesCall,
            fenced("json", .envelope),
        ],
        writing: CallWriting(
            call: CallWriting.object("name", "arguments"), start: "{\"tool_calls\": [", between: ", ", end: "]}",
            triggers: [], hasResponse: true))
}
