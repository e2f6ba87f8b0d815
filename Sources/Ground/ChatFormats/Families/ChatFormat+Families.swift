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
            beforeName: "{\"name\": \"", afterName: "\", \"parameters\": ", afterArguments: "}",
            triggers: ["{\"name\": \"", "<|python_tag|>{\"name\": \""]))

    /// Qwen 2.5, Qwen 3 and QwQ: the Hermes form.
    public static let qwen = ChatFormat(
        name: "qwen", thinking: .think, calls: [hermesCall, openFunction], writing: hermesWriting)

    /// Qwen3-Coder and Qwen 3.5: parameters as elements.
    public static let qwenCoder = ChatFormat(
        name: "qwen3-coder", thinking: .think, calls: [hermesCall, openFunction],
        writing: CallWriting(
            beforeName: "<tool_call>\n<function=", afterName: ">\n", afterArguments: "</function>\n</tool_call>",
            arguments: .parameters, between: "\n", triggers: ["<tool_call>", "<function="]))

    /// Nous Hermes 2 Pro and 3, and the many that follow it.
    public static let hermes = ChatFormat(
        name: "hermes", thinking: .think, calls: [hermesCall, openFunction], writing: hermesWriting)

    /// Mistral 7B v0.3, Nemo, Small and Large of 2024: a list of objects with ids of nine letters and digits.
    public static let mistral = ChatFormat(
        name: "mistral", thinking: mistralThinking, callIDLength: 9, calls: [mistralCall], marks: mistralMarks,
        writing: CallWriting(
            start: "[TOOL_CALLS][", beforeName: "{\"name\": \"", afterName: "\", \"arguments\": ",
            afterArguments: ", \"id\": \"", between: ", ", end: "]", id: .init(pattern: "[a-zA-Z0-9]{9}", after: "\"}"),
            triggers: ["[TOOL_CALLS]"]))

    /// Mistral's models of 2025, Devstral, Magistral and Ministral: `[TOOL_CALLS]name[ARGS]{…}`.
    public static let mistralBrackets = ChatFormat(
        name: "mistral-args", thinking: mistralThinking, callIDLength: 9, calls: [mistralCall], marks: mistralMarks,
        writing: CallWriting(
            beforeName: "[TOOL_CALLS]", afterName: "[ARGS]", afterArguments: "", between: "",
            triggers: ["[TOOL_CALLS]"]))

    /// DeepSeek V3 and R1: the arguments in a fence.
    public static let deepSeekR1 = ChatFormat(
        name: "deepseek", thinking: .think, calls: deepSeekCalls, marks: deepSeekMarks,
        writing: CallWriting(
            start: "<｜tool▁calls▁begin｜>", beforeName: "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
            afterName: "\n```json\n", afterArguments: "\n```<｜tool▁call▁end｜>", between: "\n",
            end: "<｜tool▁calls▁end｜>", triggers: deepSeekCalls.map(\.opener)))

    /// DeepSeek V3.1.
    public static let deepSeekV31 = ChatFormat(
        name: "deepseek-v3.1", thinking: .think, calls: deepSeekCalls, marks: deepSeekMarks,
        writing: CallWriting(
            start: "<｜tool▁calls▁begin｜>", beforeName: "<｜tool▁call▁begin｜>", afterName: "<｜tool▁sep｜>",
            afterArguments: "<｜tool▁call▁end｜>", between: "", end: "<｜tool▁calls▁end｜>",
            triggers: deepSeekCalls.map(\.opener)))

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
            beforeName: "{\"name\": \"", afterName: "\", \"parameters\": ", afterArguments: "}",
            triggers: ["{\"name\": \""]))

    /// FunctionGemma: `call:name{key:<escape>text<escape>}`.
    public static let functionGemma = ChatFormat(
        name: "functiongemma", stops: ["<start_function_response>"],
        calls: [
            CallSyntax(
                opener: "<start_function_call>", body: .literal(.braces(quote: "<escape>", end: "<end_function_call>")))
        ], marks: ["<escape>", "<end_function_call>"],
        writing: CallWriting(
            beforeName: "<start_function_call>call:", afterName: "", afterArguments: "<end_function_call>",
            arguments: .braces(quote: "<escape>"), between: "", triggers: ["<start_function_call>"]))

    /// Gemma 4: the same idea with other marks, and thinking in a channel.
    public static let gemma4 = ChatFormat(
        name: "gemma4", stops: ["<|tool_response>"],
        thinking: ThinkingTags(start: "<|channel>thought", end: "<channel|>"),
        calls: [CallSyntax(opener: "<|tool_call>", body: .literal(.braces(quote: "<|\"|>", end: "<tool_call|>")))],
        marks: ["<|\"|>", "<tool_call|>", "<|channel>"],
        writing: CallWriting(
            beforeName: "<|tool_call>call:", afterName: "", afterArguments: "<tool_call|>",
            arguments: .braces(quote: "<|\"|>"), between: "", triggers: ["<|tool_call>"]))

    /// Phi-4-mini: a list between tokens, or after the word `functools`.
    public static let phi = ChatFormat(
        name: "phi", thinking: .think,
        calls: [
            CallSyntax(
                opener: "<|tool_call|>", closers: ["<|/tool_call|>"], body: .json(CallKeys(), otherwise: nil)),
            CallSyntax(opener: "functools", body: .json(CallKeys(), otherwise: nil), isTentative: true),
        ],
        writing: CallWriting(
            start: "<|tool_call|>[", beforeName: "{\"name\": \"", afterName: "\", \"arguments\": ",
            afterArguments: "}", between: ", ", end: "]<|/tool_call|>", triggers: ["<|tool_call|>", "functools["]))

    /// Command-R7B and Command-A: actions, thinking and the answer each between tokens.
    public static let commandR = ChatFormat(
        name: "command-r", thinking: ThinkingTags(start: "<|START_THINKING|>", end: "<|END_THINKING|>"),
        calls: [commandRCall] + commandRFences, wrappers: commandRWrappers,
        writing: CallWriting(
            start: "<|START_ACTION|>[\n", beforeName: "\", \"tool_name\": \"", afterName: "\", \"parameters\": ",
            afterArguments: "}", between: ",\n", end: "\n]<|END_ACTION|>",
            id: .init(pattern: "[0-9]{1,3}", after: "    {\"tool_call_id\": \"", isFirst: true),
            triggers: ["<|START_ACTION|>"]))

    /// Command-R and Command-R+: a fenced list after `Action:`.
    public static let commandRPlus = ChatFormat(
        name: "command-r-plus", calls: [commandRCall] + commandRFences, wrappers: commandRWrappers,
        writing: CallWriting(
            start: "Action:\n```json\n[\n", beforeName: "    {\"tool_name\": \"", afterName: "\", \"parameters\": ",
            afterArguments: "}", between: ",\n", end: "\n]\n```", triggers: ["Action:"]))

    /// gpt-oss: messages with channels.
    public static let gptOss = ChatFormat(
        name: "gpt-oss", stops: ["<|call|>", "<|return|>"],
        thinking: ThinkingTags(
            start: "<|channel|>analysis<|message|>", end: "<|end|><|start|>assistant<|channel|>final<|message|>"),
        calls: [], isHarmony: true,
        writing: CallWriting(
            beforeName: "<|channel|>commentary to=functions.", afterName: " <|constrain|>json<|message|>",
            afterArguments: "", triggers: ["<|channel|>commentary to=functions.", " to=functions."]))

    /// Granite 3 with a list after a token, and Granite 4 with the Hermes form.
    public static let granite = ChatFormat(
        name: "granite", thinking: .think,
        calls: [CallSyntax(opener: "<|tool_call|>", body: .json(CallKeys(), otherwise: nil)), hermesCall],
        wrappers: [AnswerWrapper(start: "<response>", end: "</response>", isAlways: false)],
        writing: CallWriting(
            start: "<|tool_call|>[", beforeName: "{\"name\": \"", afterName: "\", \"arguments\": ",
            afterArguments: "}", between: ", ", end: "]", triggers: ["<|tool_call|>"]))

    /// Kimi K2.
    public static let kimi = ChatFormat(
        name: "kimi-k2", thinking: .think,
        calls: ["<|tool_calls_section_begin|>", "<|tool_call_begin|>"].map { opener in
            CallSyntax(
                opener: opener, closers: ["<|tool_call_end|>", "<|tool_calls_section_end|>"], body: .named(.numbered))
        }, marks: ["<|tool_call_argument_begin|>"],
        writing: CallWriting(
            start: "<|tool_calls_section_begin|>", beforeName: "<|tool_call_begin|>functions.", afterName: ":",
            afterArguments: "<|tool_call_end|>", between: "", end: "<|tool_calls_section_end|>",
            triggers: ["<|tool_calls_section_begin|>", "<|tool_call_begin|>"]))

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
            start: "{\"tool_calls\": [", beforeName: "{\"name\": \"", afterName: "\", \"arguments\": ",
            afterArguments: "}", between: ", ", end: "]}", hasResponse: true))
}
