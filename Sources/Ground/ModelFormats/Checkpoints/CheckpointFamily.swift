/// The families of checkpoints that become GGUF files.
enum CheckpointFamily: String, Sendable, CaseIterable {
    case llama
    case qwen2
    case qwen3
    case bert

    /// `architectures[0]` of `config.json`, and the family.
    static let byClass: [String: CheckpointFamily] = [
        "LlamaForCausalLM": .llama, "LlamaModel": .llama, "MistralForCausalLM": .llama, "MistralModel": .llama,
        "Qwen2ForCausalLM": .qwen2, "Qwen2Model": .qwen2, "Qwen3ForCausalLM": .qwen3, "Qwen3Model": .qwen3,
        "BertModel": .bert, "BertForMaskedLM": .bert, "BertForPreTraining": .bert,
        "BertForSequenceClassification": .bert,
    ]

    static var supported: String { byClass.keys.sorted().joined(separator: ", ") }

    /// `general.architecture`, and the prefix of the keys that belong to it.
    var architecture: String { rawValue }
}
