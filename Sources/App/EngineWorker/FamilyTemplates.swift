/// Chat templates of model families by the names that llama-server knows, for models whose files carry none.
///
/// Source of the forms: the model cards of the families, and the names in `llama-chat.cpp` of llama.cpp. Written for our
/// Jinja; system messages stand where each family wants them.
enum FamilyTemplates {
    /// - Returns: Jinja source; `nil` for names that are not known.
    static func source(_ name: String) -> String? { all.first { $0.name == name }?.source }

    /// All names, for messages.
    static var names: String { all.map(\.name).joined(separator: ", ") }

    /// The form that most models without a template of their own were trained on. Source: OpenAI's ChatML.
    static let chatML = turns(
        message: "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n", answer: "<|im_start|>assistant\n")

    private static let all: [(name: String, source: String)] = [
        ("chatml", chatML),
        ("llama2", instructions(system: "<<SYS>>\n", end: "\n<</SYS>>\n\n", open: "[INST] ", close: " [/INST]")),
        ("llama2-sys", instructions(system: "<<SYS>>\n", end: "\n<</SYS>>\n\n", open: "[INST] ", close: " [/INST]")),
        ("mistral-v1", instructions(system: "", end: "\n\n", open: " [INST] ", close: " [/INST]")),
        ("mistral-v3", instructions(system: "", end: "\n\n", open: "[INST] ", close: "[/INST]")),
        ("mistral-v3-tekken", instructions(system: "", end: "\n\n", open: "[INST]", close: "[/INST]")),
        (
            "mistral-v7",
            roles(
                system: "[SYSTEM_PROMPT] {}[/SYSTEM_PROMPT]", user: "[INST] {}[/INST]",
                assistant: " {}{{ eos_token }}", answer: "")
        ),
        (
            "llama3",
            turns(
                message: "<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n"
                    + "{{ message.content | trim }}<|eot_id|>",
                answer: "<|start_header_id|>assistant<|end_header_id|>\n\n")
        ),
        (
            "llama4",
            turns(
                message: "<|header_start|>{{ message.role }}<|header_end|>\n\n{{ message.content | trim }}<|eot|>",
                answer: "<|header_start|>assistant<|header_end|>\n\n")
        ),
        ("phi3", turns(message: "<|{{ message.role }}|>\n{{ message.content }}<|end|>\n", answer: "<|assistant|>\n")),
        (
            "phi4",
            turns(
                message: "<|im_start|>{{ message.role }}<|im_sep|>{{ message.content }}<|im_end|>",
                answer: "<|im_start|>assistant<|im_sep|>")
        ),
        (
            "zephyr",
            turns(
                message: "<|{{ message.role }}|>\n{{ message.content }}{{ eos_token }}\n", answer: "<|assistant|>\n")
        ),
        (
            "command-r",
            roles(
                system: "<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>{}<|END_OF_TURN_TOKEN|>",
                user: "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>{}<|END_OF_TURN_TOKEN|>",
                assistant: "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{}<|END_OF_TURN_TOKEN|>",
                answer: "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>")
        ),
        (
            "gemma",
            roles(
                system: "<start_of_turn>user\n{}<end_of_turn>\n", user: "<start_of_turn>user\n{}<end_of_turn>\n",
                assistant: "<start_of_turn>model\n{}<end_of_turn>\n", answer: "<start_of_turn>model\n")
        ),
        (
            "vicuna",
            roles(
                system: "{}\n\n", user: "USER: {}\n", assistant: "ASSISTANT: {}{{ eos_token }}\n", answer: "ASSISTANT:")
        ),
        (
            "vicuna-orca",
            roles(
                system: "SYSTEM: {}\n", user: "USER: {}\n", assistant: "ASSISTANT: {}{{ eos_token }}\n",
                answer: "ASSISTANT:")
        ),
        (
            "deepseek",
            roles(
                system: "{}", user: "### Instruction:\n{}\n", assistant: "### Response:\n{}\n<|EOT|>\n",
                answer: "### Response:\n")
        ),
        (
            "deepseek2",
            roles(
                system: "{}\n\n", user: "User: {}\n\n", assistant: "Assistant: {}<｜end▁of▁sentence｜>",
                answer: "Assistant:")
        ),
        (
            "deepseek3",
            roles(
                system: "{}\n\n", user: "<｜User｜>{}", assistant: "<｜Assistant｜>{}<｜end▁of▁sentence｜>",
                answer: "<｜Assistant｜>")
        ),
        (
            "falcon3",
            turns(message: "<|{{ message.role }}|>\n{{ message.content }}\n", answer: "<|assistant|>\n")
        ),
        (
            "chatglm4",
            "[gMASK]<sop>" + turns(message: "<|{{ message.role }}|>\n{{ message.content }}", answer: "<|assistant|>\n")
        ),
        (
            "granite",
            turns(
                message: "<|start_of_role|>{{ message.role }}<|end_of_role|>{{ message.content }}<|end_of_text|>\n",
                answer: "<|start_of_role|>assistant<|end_of_role|>")
        ),
    ]

    /// Every message in one form.
    private static func turns(message: String, answer: String) -> String {
        "{%- for message in messages -%}\(marked(message)){%- endfor -%}"
            + "{%- if add_generation_prompt -%}\(marked(answer)){%- endif -%}"
    }

    /// Each role in its own form; `{}` is the text.
    private static func roles(system: String, user: String, assistant: String, answer: String) -> String {
        func text(_ form: String) -> String { marked(form.replacing("{}", with: "{{ message.content | trim }}")) }
        return "{%- for message in messages -%}{%- if message.role == 'system' -%}\(text(system))"
            + "{%- elif message.role == 'assistant' -%}\(text(assistant)){%- else -%}\(text(user)){%- endif -%}"
            + "{%- endfor -%}{%- if add_generation_prompt -%}\(marked(answer)){%- endif -%}"
    }

    /// The system message within the first instruction.
    private static func instructions(system: String, end: String, open: String, close: String) -> String {
        "{%- set ns = namespace(system='') -%}{%- for message in messages -%}{%- if message.role == 'system' -%}"
            + "{%- set ns.system = \(quoted(system)) + message.content + \(quoted(end)) -%}"
            + "{%- elif message.role == 'assistant' -%}{{ message.content }}{{ eos_token }}"
            + "{%- else -%}{{ \(quoted(open)) + ns.system + message.content + \(quoted(close)) }}"
            + "{%- set ns.system = '' -%}{%- endif -%}{%- endfor -%}"
    }

    /// A form whose white space no tag takes away: texts become strings in braces.
    private static func marked(_ form: String) -> String {
        var result = ""
        var rest = form[...]
        while let start = rest.firstRange(of: "{{"), let end = rest[start.upperBound...].firstRange(of: "}}") {
            result += literal(rest[..<start.lowerBound]) + String(rest[start.lowerBound..<end.upperBound])
            rest = rest[end.upperBound...]
        }
        return result + literal(rest)
    }

    private static func literal(_ text: Substring) -> String { text.isEmpty ? "" : "{{ \(quoted(String(text))) }}" }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("\n", with: "\\n") + "'" }
}
