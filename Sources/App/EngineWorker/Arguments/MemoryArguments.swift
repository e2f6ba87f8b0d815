import Configuration
import Vocabulary

/// What happens to a sequence that fills its part of the memory.
struct MemoryArguments: Sendable, Equatable {
    /// Answers that outgrow the context go on, and what of the beginning stays; `nil` ends them.
    var contextShift: ContextShift?

    init(_ parsed: ParsedCommand) {
        let kept = parsed[EngineOption.keep].map { $0 < 0 ? ContextShift.Kept.prompt : .tokens($0) }
        contextShift = parsed[EngineOption.contextShift] ? ContextShift(kept: kept) : nil
    }
}

extension EngineOption {
    static let contextShift = CommandOption<Bool>(
        "context-shift", also: [], negations: ["--no-context-shift"], variable: "LLAMA_ARG_CONTEXT_SHIFT", .flag,
        "Go on where an answer outgrows its context: half of what came before goes (default: the answer ends).")
    static let keep = CommandOption<Int>(
        "keep", .integer(in: -1...Int(Int32.max)),
        "Tokens of the beginning that stay then; -1 keeps the prompt (default 0).")

    static let memoryOptions = [contextShift.declared, keep.declared].map { $0.listed(under: "Context and batches") }
}
