import JSONText
import Templates
import Testing

/// What must come out without any Python at hand. Written down from jinja2 3.1.6 through `reference.py`; proves nothing
/// about templates that are not here.
@Suite struct GoldenTests {
    /// A ChatML template of our own with tools in the manner of Hermes.
    static let chatML = """
        {%- if tools %}
        <|im_start|>system
        {%- if messages[0].role == 'system' %}
        {{ messages[0].content }}
        {%- endif %}

        # Tools
        <tools>
        {%- for tool in tools %}
        {{ tool | tojson }}
        {%- endfor %}

        </tools><|im_end|>
        {% endif %}
        {%- for message in messages if not (tools and loop_index is not defined and message.role == 'system') %}
        {%- if message.role == 'assistant' %}
        <|im_start|>assistant
        {%- for call in message.tool_calls or [] %}

        <tool_call>
        {{ {'name': call.function.name, 'arguments': call.function.arguments} | tojson }}
        </tool_call>
        {%- endfor %}
        {{- message.content or '' }}<|im_end|>
        {% elif message.role == 'tool' %}
        <|im_start|>user
        <tool_response>
        {{ message.content }}
        </tool_response><|im_end|>
        {% else %}
        <|im_start|>{{ message.role }}
        {{ message.content }}<|im_end|>
        {% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
        <|im_start|>assistant
        {% endif %}
        """

    static let conversation: JSONObject = [
        "messages": [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": "Zürich?"],
            [
                "role": "assistant", "content": nil,
                "tool_calls": [["function": ["name": "weather", "arguments": ["city": "Zürich"]]]],
            ],
            ["role": "tool", "content": "21"],
        ],
        "tools": [["type": "function", "function": ["name": "weather", "strict": true, "scale": 1.0]]],
        "add_generation_prompt": true,
    ]

    @Test func `a conversation with tools renders in ChatML`() throws {
        let text = try Template(source: Self.chatML).render(Self.conversation)
        #expect(text == Self.chatMLOutput)
    }

    @Test(arguments: Golden.cases) func `a golden case renders`(golden: Golden) throws {
        let text = try Template(source: golden.template).render(Corpus.context, now: ModelTemplates.now)
        #expect(Array(text.utf8) == Array(golden.output.utf8))
    }

    @Test(.enabled(if: ModelTemplates.folder != nil, "no folder shared/data/templates beside the repository"))
    func `fifty messages render quickly`() throws {
        let template = try Template(source: try ModelTemplates.source("Qwen-Qwen3-0.6B.jinja"))
        var messages: [JSONValue] = []
        for turn in 0..<25 {
            messages.append(["role": "user", "content": .string("Question \(turn), which is not very long at all.")])
            messages.append(["role": "assistant", "content": .string("<think>\nhm\n</think>\n\nAnswer \(turn).")])
        }
        let context: JSONObject = ["messages": .array(messages), "add_generation_prompt": true]
        let elapsed = try ContinuousClock().measure { for _ in 0..<20 { _ = try template.render(context) } } / 20
        // An unoptimised build takes about ten times as long as the 5 ms that a release build has.
        #expect(elapsed < .milliseconds(100), "\(elapsed) a rendering")
    }
}
