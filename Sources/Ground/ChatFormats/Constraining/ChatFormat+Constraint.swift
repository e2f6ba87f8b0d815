public import Grammar
import JSONText
public import Vocabulary

extension ChatFormat {
    /// The grammar of the calls that a request allows, in the family's own form.
    ///
    /// - Parameters:
    ///   - tools: the functions that may be called.
    ///   - choice: `auto` gives a lazy grammar where calls have a mark, the others one from the first token on.
    ///   - isParallel: whether there may be several calls, where the family's form can hold them.
    ///   - opening: where the answer begins: thinking comes before calls that are demanded.
    ///   - isStrict: refuse schemas that cannot be enforced, instead of allowing any object.
    /// - Returns: `nil` when nothing may be called.
    /// - Throws: `GrammarError` when a schema cannot be enforced strictly, is too large, or a function is not there.
    public func constraint(
        tools: [ToolDefinition], choice: ToolChoice, isParallel: Bool, opening: AnswerOpening = .undecided,
        isStrict: Bool = false
    ) throws(GrammarError) -> ToolConstraint? {
        var tools = tools
        switch choice {
        case .none: return nil
        case .auto, .required: break
        case .function(let name):
            tools = tools.filter { $0.name == name }
            guard !tools.isEmpty else { throw GrammarError(.unresolved, "There is no tool called '\(name)'.") }
        }
        guard !tools.isEmpty else { return nil }

        var rules = CallRules(writing: writing, isStrict: isStrict)
        let isForced = choice != .auto
        let calls = try rules.calls(tools, isParallel: isParallel && !isForcedOne(choice))
        let isLazy = !isForced && !writing.triggers.isEmpty
        var root = calls
        if !isForced, writing.hasResponse { root = "(\(calls) | \(rules.response()))" }
        if !isLazy { root = rules.thinking(self, opening) + root }
        return ToolConstraint(
            grammar: rules.grammar(root: root), triggers: isLazy ? writing.triggers : [],
            triggersAtStart: isLazy && writing.triggersAtStart, unenforced: rules.unenforced)
    }

    /// A named function is called once.
    private func isForcedOne(_ choice: ToolChoice) -> Bool { if case .function = choice { true } else { false } }

    /// What to tell the model about its tools, when its template does not: a text for the system message.
    ///
    /// - Parameters:
    ///   - tools: the functions that may be called.
    ///   - choice: whether one must be called.
    ///   - isParallel: whether several may be.
    /// - Returns: `nil` when the template tells, or when there is nothing to tell.
    public func instruction(tools: [ToolDefinition], choice: ToolChoice, isParallel: Bool) -> String? {
        guard !rendersTools, !tools.isEmpty, choice != .none else { return nil }
        var lines = ["You can call these functions:"]
        lines += tools.map { ($0.definition["function"] ?? $0.definition).text }
        let arguments =
            switch writing.arguments {
            case .json: "{\"argument\": \"value\"}"
            case .elements: "<parameter=argument>\nvalue\n</parameter>\n"
            case .braces(let quote): "{argument:\(quote)value\(quote)}"
            }
        lines.append(
            "To call a function, answer only with this, with its name and arguments in place of the example's:")
        lines.append(writing.example(name: "function_name", arguments: arguments))
        if writing.between != nil, !isParallel { lines.append("Call one function at a time.") }
        switch choice {
        case .required: lines.append("You must call a function.")
        case .function(let name): lines.append("You must call the function \(name).")
        case .auto where writing.hasResponse:
            lines.append("To answer without a call, write {\"response\": \"the answer\"}.")
        case .auto, .none: break
        }
        return lines.joined(separator: "\n")
    }
}
