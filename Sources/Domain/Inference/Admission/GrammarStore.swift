import ChatFormats
import Grammar
import JSONText
import Synchronization
import Vocabulary

/// Turns what a request says about its answer into grammars, and keeps the last ones: agents send the same tools again and
/// again.
final class GrammarStore: Sendable {
    private struct Entry {
        let grammar: Grammar
        var lastUse: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let state = Mutex(State())
    static let entriesMax = 64

    /// What is kept.
    var keys: Set<String> { state.withLock { Set($0.entries.keys) } }

    /// The constraint of a request, if it has one.
    ///
    /// - Parameters:
    ///   - request: what it says about its answer.
    ///   - tools: the tools that the model is told of.
    ///   - format: how the model writes calls.
    ///   - opening: where the answer begins.
    /// - Returns: `nil` when anything goes.
    /// - Throws: `ServiceError` that names what cannot be enforced, and where.
    func constraint(
        for request: GenerationRequest, tools: [ToolDefinition], format: ChatFormat, opening: AnswerOpening
    ) throws(ServiceError) -> AnswerConstraint? {
        let mustCall = request.toolChoice != .auto && request.toolChoice != .none
        if mustCall, request.constraint != nil {
            throw ServiceError(
                .invalidValue, "An answer cannot be a tool call and follow 'response_format' or a grammar at once.",
                hint: "Leave one of them out.", parameter: "tool_choice")
        }
        if mustCall, tools.isEmpty {
            throw ServiceError(
                .invalidValue, "The answer must be a tool call, and there is no tool.",
                hint: "Send 'tools' in a chat, or leave 'tool_choice' out.", parameter: "tool_choice")
        }
        do throws(GrammarError) {
            let bounds = request.lengthLimits.isEmpty ? nil : LengthBounds(request.lengthLimits)
            if let constraint = request.constraint {
                let grammar = try grammar(for: constraint)
                return bounds.map { .bounded(grammar, $0) } ?? .answer(grammar)
            }
            let calls =
                tools.isEmpty
                ? nil
                : try format.constraint(
                    tools: tools, choice: request.toolChoice, isParallel: request.allowsParallelToolCalls ?? true,
                    opening: opening)
            if let calls { return try constraint(for: calls) }
            return bounds.map { .bounded(nil, $0) }
        } catch {
            throw Self.refusal(error, request)
        }
    }

    private func grammar(for constraint: OutputConstraint) throws(GrammarError) -> Grammar {
        switch constraint {
        case .grammar(let text):
            return try stored("gbnf " + text) { () throws(GrammarError) in try Grammar(gbnf: text) }
        case .regularExpression(let text):
            return try stored("regex " + text) { () throws(GrammarError) in try Grammar(regex: text) }
        case .jsonObject:
            return try stored("object") { () throws(GrammarError) in try Grammar(gbnf: SchemaGrammar.anyObject()) }
        case .jsonSchema(let schema):
            return try stored("schema " + schema.text) { () throws(GrammarError) in
                try Grammar(gbnf: SchemaGrammar(schema).gbnf)
            }
        }
    }

    private func constraint(for calls: ToolConstraint) throws(GrammarError) -> AnswerConstraint {
        let grammar = try stored("gbnf " + calls.grammar) { () throws(GrammarError) in try Grammar(gbnf: calls.grammar)
        }
        guard calls.isLazy else { return .whole(grammar) }
        let triggers = calls.triggers.map { trigger -> LazyTrigger in
            calls.triggersAtStart ? .pattern("^\\s*(" + Self.escaped(trigger) + ")") : .word(trigger)
        }
        return .lazy(try LazyGrammar(grammar, triggers: triggers))
    }

    /// A text as a regular expression that matches it and nothing else.
    private static func escaped(_ text: String) -> String {
        text.map { "\\^$.|?*+()[]{}/".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private func stored(_ key: String, make: () throws(GrammarError) -> Grammar) throws(GrammarError) -> Grammar {
        let known = state.withLock { state -> Grammar? in
            state.uses += 1
            state.entries[key]?.lastUse = state.uses
            return state.entries[key]?.grammar
        }
        if let known { return known }
        let made = try make()
        state.withLock { state in
            if state.entries.count >= Self.entriesMax,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
            state.entries[key] = Entry(grammar: made, lastUse: state.uses)
        }
        return made
    }

    private static func refusal(_ error: GrammarError, _ request: GenerationRequest) -> ServiceError {
        let parameter =
            switch request.constraint {
            case .grammar: "grammar"
            case .regularExpression: "regex"
            case .jsonObject, .jsonSchema: "response_format"
            case nil: request.lengthLimits.isEmpty ? "tools" : "length"
            }
        return ServiceError(
            error.kind == .unsupported ? .unsupported : .invalidValue,
            "'\(parameter)' cannot be enforced: \(error.description)",
            hint: "Change what is named, or leave it out and check the answer yourself.", parameter: parameter)
    }
}

extension LengthBounds {
    init(_ limits: LengthLimits) {
        self.init(
            charactersMin: limits.charactersMin, charactersMax: limits.charactersMax, wordsMin: limits.wordsMin,
            wordsMax: limits.wordsMax)
    }
}
