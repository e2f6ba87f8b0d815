import Configuration
import Inference
import LlamaRuntime
import Vocabulary

/// What happens to a sequence that fills its part of the memory.
struct MemoryArguments: Sendable, Equatable {
    /// Answers that outgrow the context go on, and what of the beginning stays; `nil` ends them.
    var contextShift: ContextShift?

    /// Long sequences keep a part of their positions; `nil` keeps all.
    var compression: CompressionPolicy?

    /// - Throws: `UsageError` when attention is to be observed and computed in a way that cannot be.
    init(_ parsed: ParsedCommand) throws(UsageError) {
        let kept = parsed[EngineOption.keep].map { $0 < 0 ? ContextShift.Kept.prompt : .tokens($0) }
        contextShift = parsed[EngineOption.contextShift] ? ContextShift(kept: kept) : nil
        guard let budget = parsed[EngineOption.compression], budget > 0 else { return }
        compression = CompressionPolicy(budget: budget, measure: parsed[EngineOption.compressionMeasure] ?? .attention)
        guard parsed[EngineOption.flashAttention] != .on else {
            throw UsageError(
                problem: "--kv-compress measures attention, which flash attention does not show.",
                hint: "Leave --flash-attn out, or say --flash-attn off.")
        }
        let values = parsed[EngineOption.valueType] ?? .f16
        guard [.f16, .f32, .bf16].contains(values) else {
            throw UsageError(
                problem: "--kv-compress works without flash attention, which values of type \(values.rawValue) need.",
                hint: "Leave --cache-type-v out.")
        }
    }
}

extension EngineOption {
    static let contextShift = CommandOption<Bool>(
        "context-shift", also: [], negations: ["--no-context-shift"], variable: "LLAMA_ARG_CONTEXT_SHIFT", .flag,
        "Go on where an answer outgrows its context: half of what came before goes (default: the answer ends).")
    static let keep = CommandOption<Int>(
        "keep", .integer(in: -1...Int(Int32.max)),
        "Tokens of the beginning that stay then; -1 keeps the prompt (default 0).")

    static let compression = CommandOption<Int>(
        "kv-compress", .integer(in: 0...Int(Int32.max)),
        "Tokens that each sequence keeps in the cache, by the attention they were paid; at least 64. Implies -fa off. "
            + "0 keeps all (default).")
    static let compressionMeasure = CommandOption<CompressionPolicy.Measure>(
        "kv-compress-by", .choice, "What is kept: by attention, or the most recent (default attention).")

    static let memoryOptions = [
        contextShift.declared, keep.declared, compression.declared, compressionMeasure.declared,
    ].map { $0.listed(under: "Context and batches") }
}
