import ChatFormats
import Grammar
import JSONText
import TestRandomness
import Testing
import Vocabulary

@Suite struct ToolConstraintTests {
    private static func accepts(_ constraint: ToolConstraint, _ text: String) throws -> Bool {
        var matcher = GrammarMatcher(try Grammar(gbnf: constraint.grammar))
        return matcher.accept(text.utf8) && matcher.canEnd
    }

    /// What each family's grammar must accept for a required call of `get_time`, and what it must not.
    struct Sample: Sendable, CustomTestStringConvertible {
        var format: ChatFormat
        var call: String
        var testDescription: String { format.name }
    }

    static let samples: [Sample] = [
        Sample(format: .llama3, call: #"{"name": "get_time", "parameters": {"zone": "CET"}}"#),
        Sample(
            format: .qwen,
            call: "<tool_call>\n{\"name\": \"get_time\", \"arguments\": {\"zone\": \"CET\"}}\n</tool_call>"),
        Sample(
            format: .hermes,
            call: "<tool_call>\n{\"name\": \"get_time\", \"arguments\": {\"zone\": \"CET\"}}\n</tool_call>"),
        Sample(
            format: .qwenCoder,
            call: "<tool_call>\n<function=get_time>\n<parameter=zone>\nC<ET\n</parameter>\n</function>\n</tool_call>"),
        Sample(
            format: .mistral,
            call: #"[TOOL_CALLS][{"name": "get_time", "arguments": {"zone": "CET"}, "id": "abc123DEF"}]"#),
        Sample(format: .mistralBrackets, call: #"[TOOL_CALLS]get_time[ARGS]{"zone": "CET"}"#),
        Sample(
            format: .deepSeekR1,
            call:
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n```json\n{\"zone\": \"CET\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
        ),
        Sample(
            format: .deepSeekV31,
            call:
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{\"zone\": \"CET\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
        ),
        Sample(format: .gemma, call: #"{"name": "get_time", "parameters": {"zone": "CET"}}"#),
        Sample(
            format: .functionGemma,
            call: "<start_function_call>call:get_time{zone:<escape>C<ET<escape>}<end_function_call>"),
        Sample(format: .gemma4, call: "<|tool_call>call:get_time{zone:<|\"|>CET<|\"|>}<tool_call|>"),
        Sample(
            format: .phi, call: #"<|tool_call|>[{"name": "get_time", "arguments": {"zone": "CET"}}]<|/tool_call|>"#),
        Sample(
            format: .commandR,
            call:
                "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"get_time\", \"parameters\": {\"zone\": \"CET\"}}\n]<|END_ACTION|>"
        ),
        Sample(
            format: .commandRPlus,
            call: "Action:\n```json\n[\n    {\"tool_name\": \"get_time\", \"parameters\": {\"zone\": \"CET\"}}\n]\n```"),
        Sample(
            format: .gptOss,
            call: #"<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>{"zone": "CET"}"#),
        Sample(format: .granite, call: #"<|tool_call|>[{"name": "get_time", "arguments": {"zone": "CET"}}]"#),
        Sample(
            format: .kimi,
            call:
                #"<|tool_calls_section_begin|><|tool_call_begin|>functions.get_time:0<|tool_call_argument_begin|>{"zone": "CET"}<|tool_call_end|><|tool_calls_section_end|>"#
        ),
        Sample(format: .nemotron, call: #"<TOOLCALL>[{"name": "get_time", "arguments": {"zone": "CET"}}]</TOOLCALL>"#),
        Sample(
            format: .apriel, call: #"<tool_calls>[{"name": "get_time", "arguments": {"zone": "CET"}}]</tool_calls>"#),
        Sample(format: .generic, call: #"{"tool_calls": [{"name": "get_time", "arguments": {"zone": "CET"}}]}"#),
    ]

    @Test func `every format has a sample`() {
        #expect(Set(Self.samples.map(\.format.name)) == Set(ChatFormat.all.map(\.name)))
    }

    @Test(arguments: samples) func `a required call is well-formed or not a word of the grammar`(sample: Sample) throws
    {
        let constraint = try #require(
            try sample.format.constraint(tools: OfferedFunctions.all, choice: .required, isParallel: false))
        #expect(!constraint.isLazy)
        #expect(constraint.unenforced.isEmpty)
        #expect(try Self.accepts(constraint, sample.call))
        #expect(try !Self.accepts(constraint, ""))
        #expect(try !Self.accepts(constraint, "Hello"))
        #expect(try !Self.accepts(constraint, String(sample.call.dropLast())))
        #expect(try !Self.accepts(constraint, sample.call + sample.call))
        #expect(try !Self.accepts(constraint, sample.call.replacing("get_time", with: "get_thyme")))
        #expect(try !Self.accepts(constraint, sample.call.replacing("zone", with: "time")))
    }

    @Test(arguments: samples) func `a named function is the only one`(sample: Sample) throws {
        let one = try #require(
            try sample.format.constraint(tools: OfferedFunctions.all, choice: .function("get_time"), isParallel: true))
        #expect(try Self.accepts(one, sample.call))
        let other = try #require(
            try sample.format.constraint(tools: OfferedFunctions.all, choice: .function("ping"), isParallel: true))
        #expect(try !Self.accepts(other, sample.call))
    }

    @Test(arguments: samples) func `what the grammar accepts is read as a call`(sample: Sample) throws {
        let reading = Reading(sample.format.read([sample.call], ParserSetup(tools: OfferedFunctions.all)))
        #expect(reading.calls.map(\.name) == ["get_time"])
        #expect(reading.text.isEmpty)
        #expect(reading.warnings.isEmpty)
        let arguments = try JSONValue.parse(try #require(reading.calls.first).arguments)
        #expect(arguments["zone"]?.string?.isEmpty == false)
    }

    @Test(arguments: samples) func `a lazy grammar begins with its trigger`(sample: Sample) throws {
        let constraint = try #require(
            try sample.format.constraint(tools: OfferedFunctions.all, choice: .auto, isParallel: true))
        #expect(try Self.accepts(constraint, sample.call))
        guard constraint.isLazy else {
            #expect(sample.format.name == "generic")
            #expect(try Self.accepts(constraint, #"{"response": "Hello"}"#))
            return
        }
        #expect(constraint.triggers.contains { sample.call.hasPrefix($0) })
        for trigger in constraint.triggers {
            var matcher = GrammarMatcher(try Grammar(gbnf: constraint.grammar))
            let isAccepted = matcher.accept(trigger.utf8)
            #expect(isAccepted, "\(trigger)")
        }
    }

    @Test(arguments: samples) func `random words of the grammar are read without loss`(sample: Sample) throws {
        let constraint = try #require(
            try sample.format.constraint(
                tools: OfferedFunctions.all, choice: .required, isParallel: true, opening: .answer))
        let grammar = try Grammar(gbnf: constraint.grammar)
        var wordCount = 0
        for seed in 0..<8 {
            var random = SeededRandom(seed: UInt64(seed))
            guard let word = Self.word(of: grammar, using: &random) else { continue }
            wordCount += 1
            let reading = Reading(
                sample.format.read([word], ParserSetup(tools: OfferedFunctions.all, opening: .answer)))
            #expect(!reading.calls.isEmpty, "seed \(seed): \(word)")
            #expect(reading.warnings.isEmpty, "seed \(seed): \(word)")
            #expect(reading.text.isEmpty, "seed \(seed): \(word)")
            for call in reading.calls {
                #expect(throws: Never.self, "seed \(seed): \(call.arguments)") { try JSONValue.parse(call.arguments) }
            }
        }
        // A few go on for longer than is looked at.
        #expect(wordCount >= 4)
    }

    /// A word that the grammar accepts: bytes drawn at random, and after a while marks that lead to an end.
    private static func word(of grammar: Grammar, using random: inout SeededRandom) -> String? {
        let marks = [
            "</parameter>", "<escape>", "<|\"|>", "<|end|>", "<end_function_call>", "<tool_call|>", "\"", "}", "]", ",",
            ":", ">", "|",
            "\n",
        ]
        var matcher = GrammarMatcher(grammar)
        var word: [UInt8] = []
        while word.count < 2000 {
            if matcher.canEnd, matcher.mustEnd || word.count > 400 || Int.random(in: 0..<3, using: &random) == 0 {
                return String(decoding: word, as: UTF8.self)
            }
            var allowed = (UInt8(0x0A)..<0x7F).filter { matcher.allows([$0]) }
            if allowed.isEmpty { allowed = (UInt8(0x80)...0xFF).filter { matcher.allows([$0]) } }
            let ends =
                word.count > 120 && Int.random(in: 0..<5, using: &random) > 1
                ? marks.filter { matcher.allows($0.utf8) } : []
            guard
                let next = ends.randomElement(using: &random).map({ Array($0.utf8) })
                    ?? allowed.randomElement(using: &random).map({ [$0] })
            else { return nil }
            guard matcher.accept(next) else { return nil }
            word += next
        }
        return nil
    }

    @Test func `thinking comes before a required call`() throws {
        let call = Self.samples[1].call
        let undecided = try #require(
            try ChatFormat.qwen.constraint(tools: OfferedFunctions.all, choice: .required, isParallel: false))
        #expect(try Self.accepts(undecided, "<think>a </thin b</think>\n\n" + call))
        #expect(try Self.accepts(undecided, call))
        let tags = ThinkingTags(start: "<think>", end: "</think>")
        let opened = try #require(
            try ChatFormat.qwen.constraint(
                tools: OfferedFunctions.all, choice: .required, isParallel: false, opening: .thinking(tags)))
        #expect(try Self.accepts(opened, "a <</think>\n" + call))
        #expect(try !Self.accepts(opened, call))
        let harmony = try #require(
            try ChatFormat.gptOss.constraint(tools: OfferedFunctions.all, choice: .required, isParallel: false))
        #expect(
            try Self.accepts(
                harmony,
                #"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.ping <|constrain|>json<|message|>{}"#
            ))
    }

    @Test func `a model that was never taught to think calls at once when it must`() throws {
        let call = Self.samples[1].call
        let plain = ChatFormat.detect(template: "{% if tools %}<tool_call>{% endif %}", controlTexts: [])
        let thinker = ChatFormat.detect(template: "<tool_call> … </think>", controlTexts: [])
        let byToken = ChatFormat.detect(template: "<tool_call>", controlTexts: ["<think>"])
        for (format, thinks) in [(plain, false), (thinker, true), (byToken, true)] {
            let constraint = try #require(
                try format.constraint(tools: OfferedFunctions.all, choice: .required, isParallel: false))
            #expect(try Self.accepts(constraint, call))
            #expect(try Self.accepts(constraint, "<think>Hm.</think>\n\n" + call) == thinks)
        }
    }

    @Test func `several calls are allowed where the request and the form allow them`() throws {
        let call = Self.samples[1].call
        for (isParallel, format) in [(true, ChatFormat.qwen), (false, .qwen)] {
            let constraint = try #require(
                try format.constraint(tools: OfferedFunctions.all, choice: .required, isParallel: isParallel))
            #expect(try Self.accepts(constraint, call + "\n" + call) == isParallel)
        }
        #expect(!ChatFormat.llama3.allowsParallelCalls)
    }

    @Test func `optional members may be left out, in every form`() throws {
        let tools = [
            OfferedFunctions.tool(
                "f", ["a": ["type": "integer"], "b": ["type": "boolean"], "c": ["enum": ["x", "y"]]], required: ["b"])
        ]
        let braces = try #require(
            try ChatFormat.functionGemma.constraint(tools: tools, choice: .required, isParallel: false))
        for (members, isRight) in [
            ("a:1,b:true,c:<escape>x<escape>", true), ("b:true", true), ("b:true,c:<escape>y<escape>", true),
            ("a:1", false), ("b:true,", false), ("b:1", false), ("c:<escape>x<escape>,b:true", false),
            ("b:true,c:<escape>z<escape>", false),
        ] {
            let text = "<start_function_call>call:f{\(members)}<end_function_call>"
            #expect(try Self.accepts(braces, text) == isRight, "\(members)")
        }
        let elements = try #require(
            try ChatFormat.qwenCoder.constraint(tools: tools, choice: .required, isParallel: false))
        for (members, isRight) in [
            ("<parameter=b>\ntrue\n</parameter>\n", true), ("<parameter=a>\n1\n</parameter>\n", false), ("", false),
            (
                "<parameter=a>\n7\n</parameter>\n<parameter=b>\nfalse\n</parameter>\n<parameter=c>\ny\n</parameter>\n",
                true
            ),
            ("<parameter=b>\ntrue\n</parameter>\n<parameter=c>\nz\n</parameter>\n", false),
        ] {
            let text = "<tool_call>\n<function=f>\n\(members)</function>\n</tool_call>"
            #expect(try Self.accepts(elements, text) == isRight, "\(members)")
        }
    }

    @Test func `a schema that cannot be enforced allows any object, or is refused when strict`() throws {
        let schema: JSONObject = ["a": ["type": "array", "uniqueItems": true]]
        let tools = [OfferedFunctions.tool("f", schema, required: ["a"])]
        let constraint = try #require(
            try ChatFormat.hermes.constraint(tools: tools, choice: .required, isParallel: false))
        #expect(constraint.unenforced.map(\.function) == ["f"])
        #expect(
            try Self.accepts(
                constraint, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"other\": 1}}\n</tool_call>"))
        #expect(throws: GrammarError.self) {
            try ChatFormat.hermes.constraint(tools: tools, choice: .required, isParallel: false, isStrict: true)
        }
        let bounded = [OfferedFunctions.tool("f", ["a": ["type": "string", "maxLength": 3]], required: ["a"])]
        let elements = try ChatFormat.qwenCoder.constraint(tools: bounded, choice: .required, isParallel: false)
        #expect(elements?.unenforced.map(\.function) == ["f"])
    }

    @Test func `without tools, or with the choice none, there is nothing to constrain`() throws {
        #expect(try ChatFormat.hermes.constraint(tools: [], choice: .auto, isParallel: true) == nil)
        #expect(try ChatFormat.hermes.constraint(tools: OfferedFunctions.all, choice: .none, isParallel: true) == nil)
        #expect(throws: GrammarError.self) {
            try ChatFormat.hermes.constraint(tools: OfferedFunctions.all, choice: .function("no"), isParallel: true)
        }
    }
}
