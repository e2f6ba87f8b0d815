import Configuration
import JSONText
import Vocabulary

/// How chats become prompts, and what of an answer is thinking.
struct ChatArguments: Sendable, Equatable {
    enum Template: Sendable, Equatable {
        /// Jinja source.
        case source(String)
        /// The name of a family.
        case named(String)
    }

    /// Instead of the model's own.
    var template: Template?
    /// Variables for the template where a request does not set them.
    var variables: JSONObject
    /// Where a request says nothing.
    var reasoning: ReasoningOptions

    static let templateBytesMax = 4 << 20

    init(_ parsed: ParsedCommand, readFile: ArgumentFile.Reader) throws {
        let text = parsed[EngineOption.template]
        if let path = parsed[EngineOption.templateFile] {
            guard text == nil else {
                throw UsageError(
                    problem: "--chat-template and --chat-template-file exclude each other.", hint: "Leave one out.")
            }
            template = .source(try ArgumentFile.text(path, bytesMax: Self.templateBytesMax, readFile))
        } else {
            template = text.map { Self.isName($0) ? .named($0) : .source($0) }
        }
        variables = parsed[EngineOption.templateVariables] ?? [:]
        if let preserves = parsed.given(EngineOption.preservesReasoning) {
            variables["preserve_reasoning"] = .bool(preserves)
        }
        let budget = parsed[EngineOption.reasoningBudget].flatMap { $0 == -1 ? nil : $0 }
        reasoning = ReasoningOptions(
            format: parsed[EngineOption.reasoningFormat],
            isEnabled: parsed[EngineOption.reasoning] ?? (budget == 0 ? false : nil),
            tokensMax: budget, budgetMessage: parsed[EngineOption.reasoningMessage],
            effort: parsed[EngineOption.reasoningEffort].flatMap { $0 == "default" ? nil : $0 })
    }

    /// Jinja source has a brace or a line break; names of families have neither.
    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 64
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}

extension EngineOption {
    static let template = CommandOption<String>(
        "chat-template", also: [], variable: "LLAMA_ARG_CHAT_TEMPLATE",
        .text("JINJA", bytesMax: ChatArguments.templateBytesMax),
        "Chat template instead of the model's: Jinja text, or the name of a family such as chatml.")
    static let templateFile = CommandOption<String>(
        "chat-template-file", also: [], variable: "LLAMA_ARG_CHAT_TEMPLATE_FILE", .path("FILE"), "The same from a file."
    )
    static let templateVariables = CommandOption<JSONObject>(
        "chat-template-kwargs", also: [], variable: "LLAMA_ARG_CHAT_TEMPLATE_KWARGS", .jsonObject,
        "Variables for the template, as a JSON object.")
    static let reasoningFormat = CommandOption<ReasoningOptions.Format>(
        "reasoning-format", also: [], variable: "LLAMA_ARG_THINK", .choice,
        "deepseek tells thinking apart, none leaves it in the text (default auto, which is deepseek).")
    static let reasoning = CommandOption<Bool?>(
        "reasoning", also: ["-rea"], variable: "LLAMA_ARG_REASONING", .onOffAuto,
        "Whether models that can do so think (default auto).")
    static let reasoningBudget = CommandOption<Int>(
        "reasoning-budget", also: [], variable: "LLAMA_ARG_THINK_BUDGET", .integer(in: -1...100_000_000),
        "Tokens of thinking at most; -1 has no limit, 0 is none.")
    static let reasoningMessage = CommandOption<String>(
        "reasoning-budget-message", also: [], variable: "LLAMA_ARG_THINK_BUDGET_MESSAGE",
        .text("TEXT", bytesMax: 4_096), "The last words of thinking that has reached its limit (default none).")
    static let reasoningEffort = CommandOption<String>(
        "reasoning-effort", also: [], variable: "LLAMA_ARG_REASONING_EFFORT", .text("LEVEL", bytesMax: 64),
        "low, medium, high or what the template knows.")
    static let preservesReasoning = CommandOption<Bool>(
        "reasoning-preserve", also: [], negations: ["--no-reasoning-preserve"],
        variable: "LLAMA_ARG_REASONING_PRESERVE", .flag, "Whether templates show the thinking of earlier answers.")

    static let chatOptions = [
        template.declared, templateFile.declared, templateVariables.declared, reasoningFormat.declared,
        reasoning.declared, reasoningBudget.declared, reasoningMessage.declared, reasoningEffort.declared,
        preservesReasoning.declared,
    ].map { $0.listed(under: "Chat") }
}

extension ValueKind where Value == JSONObject {
    fileprivate static var jsonObject: ValueKind {
        .argument("a JSON object of at most 64 KiB", placeholder: "JSON") { text in
            guard text.utf8.count <= 64 << 10 else { return nil }
            do { return try JSONValue.parse(text).object } catch { return nil }
        }
    }
}

extension ValueKind where Value == Bool? {
    fileprivate static var onOffAuto: ValueKind {
        .argument("on, off or auto", placeholder: "on|off|auto") { text in
            switch text {
            case "on", "enabled", "true", "1": .some(true)
            case "off", "disabled", "false", "0": .some(false)
            case "auto", "-1": .some(nil)
            default: nil
            }
        }
    }
}
