import Grammar
import JSONText
import Vocabulary

/// The rules of a family's calls.
struct CallRules {
    private let writing: CallWriting
    private let isStrict: Bool
    private var rules = ArgumentRules()
    private(set) var unenforced: [ToolConstraint.Unenforced] = []

    init(writing: CallWriting, isStrict: Bool) {
        self.writing = writing
        self.isStrict = isStrict
    }

    /// The whole grammar.
    func grammar(root: String) -> String { rules.text.text(root: root) }

    /// One call or, where that is allowed, several.
    mutating func calls(_ tools: [ToolDefinition], isParallel: Bool) throws(GrammarError) -> String {
        var alternatives: [String] = []
        for tool in tools { alternatives.append(try call(tool)) }
        let call = rules.text.rule("call", alternatives.joined(separator: " | "))
        var expression = call
        if isParallel, let between = writing.between {
            expression += between.isEmpty ? " \(call)*" : " (\(GrammarText.literal(between)) \(call))*"
        }
        if !writing.start.isEmpty { expression = GrammarText.literal(writing.start) + " " + expression }
        if !writing.end.isEmpty { expression += " " + GrammarText.literal(writing.end) }
        return expression
    }

    /// The object with `response` that stands for an answer without a call.
    mutating func response() -> String { "\"{\\\"response\\\": \" \(rules.text.string()) \"}\"" }

    /// What the model may think before its first call.
    mutating func thinking(_ format: ChatFormat, _ opening: AnswerOpening) -> String {
        guard let own = format.thinking else {
            guard case .thinking(let tags) = opening else { return "" }
            return rules.until(tags.end) + " \(space()) "
        }
        if format.isHarmony {
            let rest = rules.until("<|end|>") + " " + GrammarText.literal("<|start|>assistant")
            switch opening {
            case .thinking: return rest + " "
            case .undecided, .answer: return "(\(GrammarText.literal(own.start)) \(rest))? "
            }
        }
        switch opening {
        case .answer: return ""
        case .thinking(let tags): return rules.until(tags.end) + " \(space()) "
        case .undecided where !format.thinksBeforeCalls: return ""
        case .undecided: return "(\(GrammarText.literal(own.start)) \(rules.until(own.end)) \(space()))? "
        }
    }

    private mutating func space() -> String { rules.text.rule("space", "[ \\n]{0,4}") }

    private mutating func call(_ tool: ToolDefinition) throws(GrammarError) -> String {
        var parts: [String] = []
        for part in writing.call {
            switch part {
            case .text(let literal): parts.append(GrammarText.literal(literal))
            case .name:
                parts.append(GrammarText.literal(String(JSONValue.string(tool.name).text.dropFirst().dropLast())))
            case .made(let pattern, _): parts.append(pattern)
            case .arguments: parts.append(try arguments(tool))
            }
        }
        return rules.text.rule("call-\(tool.name)", parts.joined(separator: " "))
    }

    /// The arguments as the schema wants them, or any object when it cannot be enforced.
    private mutating func arguments(_ tool: ToolDefinition) throws(GrammarError) -> String {
        let name = "\(tool.name)-arguments"
        var attempt = rules
        do {
            let rule: String
            switch writing.arguments {
            case .json: rule = try attempt.text.schema(Self.objectSchema(tool.parameters), name: name)
            case .elements: rule = try attempt.elements(tool.parameters, name: name)
            case .braces(let quote): rule = try attempt.braces(tool.parameters, quote: quote, name: name)
            }
            rules = attempt
            return rule
        } catch {
            guard error.kind == .unsupported, !isStrict else { throw error }
            unenforced.append(ToolConstraint.Unenforced(function: tool.name, reason: error.description))
            switch writing.arguments {
            case .json: return rules.text.anyObject()
            case .elements: return rules.anyElements()
            case .braces(let quote): return rules.anyBraces(quote: quote)
            }
        }
    }

    /// Arguments are an object, whether or not the schema says so.
    private static func objectSchema(_ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema else { return ["type": "object"] }
        let tells = ["type", "$ref", "allOf", "anyOf", "oneOf", "enum", "const"]
        if !tells.contains(where: { members[$0] != nil }) { members["type"] = "object" }
        return .object(members)
    }
}
