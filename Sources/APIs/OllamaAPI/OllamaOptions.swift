import JSONText
import OpenAIAPI
import Vocabulary

/// Reads `options`: how the answer is written. What says how a model is loaded (`num_gpu`, `num_thread`, `use_mmap`, …) is
/// its deployment's business, and is left out.
///
/// Source: "Modelfile Reference" and `api.Options` of Ollama.
struct OllamaOptions {
    /// What is called the same in OpenAI's and llama-server's requests.
    private static let shared = [
        "temperature", "top_k", "top_p", "min_p", "typical_p", "repeat_last_n", "repeat_penalty", "presence_penalty",
        "frequency_penalty", "mirostat", "mirostat_tau", "mirostat_eta", "seed", "stop",
    ]
    private static let path = "options"

    /// The options that chats know by the same names.
    let fields: RequestFields
    private let root: JSONField

    /// - Parameter body: the request.
    /// - Throws: the path of what is wrong.
    init(_ body: JSONField) throws {
        root = try body.optional(Self.path) ?? JSONField([:], path: Self.path)
        var members = JSONObject()
        for name in Self.shared { members[name] = try root.optional(name)?.value }
        fields = try RequestFields(root: JSONField(.object(members), path: Self.path))
    }

    /// Sets what has other names: `num_predict`, of which nothing and less than nothing has no limit, `num_keep` and
    /// `num_ctx`. The context is as long as the deployment says; within it an answer is no longer than `num_ctx`.
    func apply(to generation: inout GenerationRequest) throws(JSONFieldError) {
        let count = try root.optional("num_predict")?.integer(in: -2...RequestBounds.newTokensMax)
        if let count, count > 0 { generation.newTokensMax = count }
        if let context = try root.optional("num_ctx")?.integer(in: 0...RequestBounds.newTokensMax), context > 0 {
            generation.newTokensMax = min(generation.newTokensMax ?? context, context)
        }
        if let kept = try root.optional("num_keep")?.integer(in: -1...RequestBounds.newTokensMax) {
            generation.shift.kept = kept < 0 ? .prompt : .tokens(kept)
        }
    }
}
