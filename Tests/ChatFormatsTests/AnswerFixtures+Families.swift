import ChatFormats
import Vocabulary

extension AnswerFixture {
    static let all = plain + hermes + llama + mistral + deepSeek + others + harmony + literal + broken

    private static let weather = FoundCall("get_weather", #"{"location": "Zürich 🏔", "days": 2}"#)
    private static let time = FoundCall("get_time", #"{"zone":"CET"}"#)
    private static let bothObjects =
        #"{"name": "get_weather", "arguments": {"location": "Zürich 🏔", "days": 2}}, {"name": "get_time", "arguments": {"zone":"CET"}}"#

    private static let plain: [AnswerFixture] = ChatFormat.all.filter { $0.name != "gpt-oss" }.flatMap { format in
        [
            AnswerFixture(
                "only text", format, "Hello < world [ok] {a}\n\nBye. 🏔", text: "Hello < world [ok] {a}\n\nBye. 🏔"),
            AnswerFixture(
                "the usual thinking", format, "<think>\nI'm\nthinking\n</think>\n\nHello </think> world",
                reasoning: "I'm\nthinking", text: "Hello </think> world"),
            AnswerFixture(
                "thinking that the prompt opened", format, "I'm\nthinking</think>Hello",
                opening: .thinking(ThinkingTags(start: "<think>", end: "</think>")), reasoning: "I'm\nthinking",
                text: "Hello"),
            AnswerFixture(
                "nothing thought", format, "</think>Hello",
                opening: .thinking(ThinkingTags(start: "<think>", end: "</think>")), text: "Hello"),
            AnswerFixture("a tag in mid-text", format, "Use <think> to think.", text: "Use <think> to think."),
        ]
    }

    private static let hermesCalls = """
        <tool_call>
        {"name": "get_weather", "arguments": {"location": "Zürich 🏔", "days": 2}}
        </tool_call>
        <tool_call>
        {"name":"get_time","arguments":{"zone":"CET"}}
        </tool_call>
        """

    private static let hermes: [AnswerFixture] =
        [ChatFormat.hermes, .qwen, .qwenCoder, .granite, .generic].flatMap { format in
            [
                AnswerFixture("two calls", format, hermesCalls, calls: [weather, time]),
                AnswerFixture(
                    "thinking, text, calls, text", format, "<think>Hm.</think>\nLet me see.\n\(hermesCalls)\nDone.",
                    reasoning: "Hm.", text: "Let me see.\nDone.", calls: [weather, time]),
                AnswerFixture(
                    "no closing tag", format, #"<tool_call>{"name": "ping", "arguments": {}}"#,
                    calls: [FoundCall("ping", "{}")]),
                AnswerFixture(
                    "no arguments", format, #"<tool_call>{"name": "ping"}</tool_call>"#,
                    calls: [FoundCall("ping", "{}")]),
                AnswerFixture(
                    "arguments first", format,
                    #"<tool_call>{"arguments": {"zone":"CET"}, "name": "get_time"}</tool_call>"#,
                    calls: [time]),
                AnswerFixture(
                    "arguments in a string", format,
                    #"<tool_call>{"name": "get_time", "arguments": "{\"zone\":\"CET\"}"}</tool_call>"#, calls: [time]),
                AnswerFixture(
                    "a line break in a string", format,
                    "<tool_call>{\"name\": \"get_time\", \"arguments\": {\"zone\":\"C\nET\"}}</tool_call>",
                    calls: [FoundCall("get_time", #"{"zone":"C\nET"}"#)]),
                AnswerFixture(
                    "an id and a foreign member", format,
                    #"<tool_call>{"id": "call_7", "type": {"a":[1,-2.5e3,true]}, "name": "ping", "arguments": null}</tool_call>"#,
                    calls: [FoundCall("ping", "{}", id: "call_7")]),
            ]
        } + [
            AnswerFixture(
                "a list in one tag", .hermes, "<tool_call>[\(bothObjects)]</tool_call>", calls: [weather, time]),
            AnswerFixture(
                "elements", .qwenCoder,
                """
                Let me.
                <tool_call>
                <function=edit>
                <parameter=path>
                a/b.txt
                </parameter>
                <parameter=text>
                let x = "1"
                  <b>

                </parameter>
                <parameter=replace>
                True
                </parameter>
                <parameter=lines>
                [1, 2]
                </parameter>
                </function>
                </tool_call>
                <tool_call>
                <function=ping>
                </function>
                </tool_call>
                """, text: "Let me.",
                calls: [
                    FoundCall(
                        "edit",
                        #"{"path": "a/b.txt", "text": "let x = \"1\"\n  <b>\n", "replace": true, "lines": [1, 2]}"#),
                    FoundCall("ping", "{}"),
                ]),
            AnswerFixture(
                "elements without the outer tag", .qwenCoder,
                "<function=get_weather>\n<parameter=location>\n42\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
                calls: [FoundCall("get_weather", #"{"location": "42", "days": 3}"#)]),
        ]

    private static let llama: [AnswerFixture] = [
        AnswerFixture(
            "an object", .llama3, #"{"name": "get_time", "parameters": {"zone":"CET"}}"#, calls: [time]),
        AnswerFixture(
            "objects after one another", .llama3,
            #"{"type": "function", "name": "get_time", "parameters": {"zone":"CET"}}; {"name": "ping", "parameters": {}}"#,
            calls: [time, FoundCall("ping", "{}")]),
        AnswerFixture(
            "JSON that is no call", .llama3, #"{"name": "Ann", "age": 3}"#, text: #"{"name": "Ann", "age": 3}"#),
        AnswerFixture("other JSON", .llama3, #"{"answer": 42}"#, text: #"{"answer": 42}"#),
        AnswerFixture("an array", .llama3, "[1, 2]", text: "[1, 2]"),
        AnswerFixture(
            "the tag and an object", .llama3, #"<|python_tag|>{"name": "get_time", "parameters": {"zone":"CET"}}"#,
            calls: [time]),
        AnswerFixture(
            "the tag and a builtin", .llama3, #"<|python_tag|>get_time.call(zone="C\"E,T)")"#,
            calls: [FoundCall("get_time", #"{"zone":"C\"E,T)"}"#)]),
        AnswerFixture(
            "a function tag", .llama3, #"Sure: <function=get_time>{"zone":"CET"}</function> ok"#, text: "Sure: ok",
            calls: [time]),
        AnswerFixture(
            "a list in Python", .llama3, "[get_weather(location='Rome', days=-1), ping()]",
            calls: [FoundCall("get_weather", #"{"location":"Rome","days":-1}"#), FoundCall("ping", "{}")]),
    ]

    private static let mistral: [AnswerFixture] = [ChatFormat.mistral, .mistralBrackets].flatMap { format in
        [
            AnswerFixture(
                "a list with ids", format,
                #"[TOOL_CALLS][{"name": "get_time", "arguments": {"zone":"CET"}, "id": "123456789"}, {"name": "ping", "arguments": {}, "id": "abcDEF012"}]"#,
                calls: [
                    FoundCall("get_time", #"{"zone":"CET"}"#, id: "123456789"),
                    FoundCall("ping", "{}", id: "abcDEF012"),
                ]),
            AnswerFixture("a list without ids", format, "[TOOL_CALLS] [\(bothObjects)]", calls: [weather, time]),
            AnswerFixture(
                "names", format,
                #"Well.[TOOL_CALLS]get_time[ARGS]{"zone":"CET"}[TOOL_CALLS]ping[CALL_ID]000000002[ARGS]{}"#,
                text: "Well.",
                calls: [time, FoundCall("ping", "{}", id: "000000002")]),
            AnswerFixture("no mark", format, #"[TOOL_CALLS]get_time{"zone":"CET"}"#, calls: [time]),
            AnswerFixture(
                "its own thinking", format, "[THINK]Hm.[/THINK]Hello [THINK]", reasoning: "Hm.", text: "Hello [THINK]"),
        ]
    }

    private static let deepSeek: [AnswerFixture] = [ChatFormat.deepSeekR1, .deepSeekV31].flatMap { format in
        [
            AnswerFixture(
                "fences", format,
                "<think>Hm.</think>\n\nOk.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n```json\n{\"zone\":\"CET\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>ping\n```json\n{}```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
                reasoning: "Hm.", text: "Ok.", calls: [time, FoundCall("ping", "{}")]),
            AnswerFixture(
                "no fences", format,
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{\"zone\":\"CET\"}<｜tool▁call▁end｜><｜tool▁call▁begin｜>ping<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜> ok",
                text: " ok", calls: [time, FoundCall("ping", "{}")]),
            AnswerFixture("a half mark", format, "a <｜tool▁x", text: "a <｜tool▁x"),
        ]
    }

    private static let others: [AnswerFixture] = [
        AnswerFixture("a list", .phi, "<|tool_call|>[\(bothObjects)]<|/tool_call|>", calls: [weather, time]),
        AnswerFixture("the word", .phi, "functools[\(bothObjects)]", calls: [weather, time]),
        AnswerFixture("the word in a text", .phi, "Use functools for it.", text: "Use functools for it."),
        AnswerFixture(
            "an action", .commandR,
            """
            <|START_THINKING|>I'm
            thinking<|END_THINKING|><|START_ACTION|>[
                {"tool_call_id": "0", "tool_name": "get_time", "parameters": {"zone":"CET"}},
                {"tool_call_id": "1", "tool_name": "ping", "parameters": {}}
            ]<|END_ACTION|>
            """, reasoning: "I'm\nthinking",
            calls: [FoundCall("get_time", #"{"zone":"CET"}"#, id: "0"), FoundCall("ping", "{}", id: "1")]),
        AnswerFixture(
            "a response", .commandR,
            "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Hello\nyou<|END_RESPONSE|>",
            reasoning: "Hm.", text: "Hello\nyou"),
        AnswerFixture(
            "a fence", .commandRPlus,
            "Action:\n```json\n[\n    {\"tool_name\": \"get_time\", \"parameters\": {\"zone\":\"CET\"}}\n]\n```",
            calls: [time]),
        AnswerFixture("a list", .granite, "<|tool_call|>[\(bothObjects)]", calls: [weather, time]),
        AnswerFixture(
            "a response", .granite, "<think>Hm.</think>\n<response>Hello <response> you</response>", reasoning: "Hm.",
            text: "Hello <response> you"),
        AnswerFixture(
            "numbered", .kimi,
            #"<|tool_calls_section_begin|><|tool_call_begin|>functions.get_time:0<|tool_call_argument_begin|>{"zone":"CET"}<|tool_call_end|><|tool_call_begin|>functions.ping:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"#,
            calls: [
                FoundCall("get_time", #"{"zone":"CET"}"#, id: "functions.get_time:0"),
                FoundCall("ping", "{}", id: "functions.ping:1"),
            ]),
        AnswerFixture("a list", .nemotron, "<TOOLCALL>[\(bothObjects)]</TOOLCALL>", calls: [weather, time]),
        AnswerFixture("a list", .apriel, "\n<tool_calls>[\(bothObjects)]</tool_calls>", calls: [weather, time]),
        AnswerFixture(
            "one call", .generic, #"{"tool_call": {"name": "get_time", "arguments": {"zone":"CET"}}}"#, calls: [time]),
        AnswerFixture("calls", .generic, #"{ "tool_calls": [\#(bothObjects)] }"#, calls: [weather, time]),
        AnswerFixture(
            "a response", .generic, #"{"response": "Hello \"you\" \ud83c\udfd4 Zürich\n"}"#,
            text: "Hello \"you\" 🏔 Zürich\n"),
        AnswerFixture("other JSON", .generic, #"{"tool": 1}"#, text: #"{"tool": 1}"#),
    ]

    private static let harmony: [AnswerFixture] = [
        AnswerFixture("final", .gptOss, "<|channel|>final<|message|>Hello <b>", text: "Hello <b>"),
        AnswerFixture("no messages", .gptOss, "Hello, world!", text: "Hello, world!"),
        AnswerFixture("a word like a header", .gptOss, "total: 3", text: "total: 3"),
        AnswerFixture(
            "analysis and final", .gptOss,
            "<|channel|>analysis<|message|>I'm\nthinking<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>",
            reasoning: "I'm\nthinking", text: "Hello"),
        AnswerFixture(
            "a call in the commentary", .gptOss,
            #"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>Let me see.<|end|><|start|>assistant<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>{"zone":"CET"}<|call|>"#,
            reasoning: "Hm.", text: "Let me see.", calls: [time]),
        AnswerFixture(
            "two calls, the recipient in the role", .gptOss,
            #" to=functions.get_time<|channel|>analysis<|message|>{"zone":"CET"}<|call|><|start|>assistant to=functions.ping<|channel|>commentary json<|message|>{}<|call|>"#,
            calls: [time, FoundCall("ping", "{}")]),
        AnswerFixture(
            "an empty header before the next", .gptOss,
            "<|channel|>commentary to=assistant<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello",
            reasoning: "Hm.", text: "Hello"),
        AnswerFixture(
            "a function that was not offered", .gptOss,
            "<|channel|>commentary to=python code<|message|>print(1)<|call|>",
            text: "<|channel|>commentary to=python code<|message|>print(1)", warnings: [.toolCallUnreadable]),
    ]

    private static let literal: [AnswerFixture] = [
        AnswerFixture(
            "a fence of Python", .gemma, "Sure.\n```tool_code\nprint(get_weather('Rome', days=1))\n```\nok",
            text: "Sure.\nok", calls: [FoundCall("get_weather", #"{"location":"Rome","days":1}"#)]),
        AnswerFixture(
            "a fence of JSON", .gemma, "```json\n{\"name\": \"get_time\", \"parameters\": {\"zone\":\"CET\"}}\n```",
            calls: [time]),
        AnswerFixture(
            "a fence that is no call", .gemma, "```json\n{\"a\": 1}\n```\nok", text: "```json\n{\"a\": 1}\n```\nok"),
        AnswerFixture(
            "escapes", .functionGemma,
            "<start_function_call>call:edit{path:<escape>a, \"b\"}<escape>,lines:[1,2],replace:true}<end_function_call>",
            calls: [FoundCall("edit", #"{"path":"a, \"b\"}","lines":[1,2],"replace":true}"#)]),
        AnswerFixture(
            "an end mark in a string", .functionGemma,
            "<start_function_call>call:get_time{zone:<escape>a<end_function_call>b<escape>}<end_function_call>",
            calls: [FoundCall("get_time", #"{"zone":"a<end_function_call>b"}"#)]),
        AnswerFixture(
            "quotes", .gemma4,
            "<|channel>thought\nHm.\n<channel|>Ok.<|tool_call>call:get_weather{location:<|\"|>Zürich<|\"|>,days:2}<tool_call|><|tool_call>call:ping{}<tool_call|>",
            reasoning: "Hm.", text: "Ok.",
            calls: [FoundCall("get_weather", #"{"location":"Zürich","days":2}"#), FoundCall("ping", "{}")]),
    ]

    private static let broken: [AnswerFixture] = [
        AnswerFixture(
            "no JSON", .hermes, "a <tool_call>oops</tool_call>", text: "a <tool_call>oops</tool_call>",
            warnings: [.toolCallUnreadable]),
        AnswerFixture(
            "a call inside what is none", .hermes,
            #"<tool_call>{"x": <tool_call>{"name": "get_time", "arguments": {"zone":"CET"}}</tool_call>"#,
            text: #"<tool_call>{"x":"#, calls: [time], warnings: [.toolCallUnreadable]),
        AnswerFixture(
            "a function that was not offered", .hermes, #"<tool_call>{"name": "rm", "arguments": {}}</tool_call>"#,
            text: #"<tool_call>{"name": "rm", "arguments": {}}</tool_call>"#, warnings: [.toolCallUnreadable]),
        AnswerFixture(
            "arguments that break off", .hermes,
            #"<tool_call>{"name": "get_time", "arguments": {"zone": CET}}</tool_call> ok"#,
            text: #"CET}}</tool_call> ok"#, calls: [FoundCall("get_time", #"{"zone": "#)],
            warnings: [.toolCallUnreadable]),
        AnswerFixture(
            "arguments that are no object", .hermes, #"<tool_call>{"name": "ping", "arguments": [1]}</tool_call>"#,
            text: #"<tool_call>{"name": "ping", "arguments": [1]}</tool_call>"#, warnings: [.toolCallUnreadable]),
        AnswerFixture(
            "an end in the middle", .hermes, #"Hm. <tool_call>{"name": "get_time", "arguments": {"zone""#, text: "Hm.",
            calls: [FoundCall("get_time", #"{"zone""#)], warnings: [.toolCallIncomplete]),
        AnswerFixture(
            "an end before its start", .hermes, #"Hm. <tool_call>{"name": "get_time", "#,
            text: #"Hm. <tool_call>{"name": "get_time", "#, warnings: [.toolCallIncomplete]),
    ]
}
