/// The files of a checkpoint in SafeTensors format: weights, and what is needed to use or convert them.
enum CheckpointFiles {
    static func isCheckpoint(_ listing: HubListing) -> Bool { !weights(listing.files).isEmpty }

    /// `nil` where the repository has no such checkpoint.
    static func choose(_ listing: HubListing) throws(HubError) -> FileChoice? {
        let weights = weights(listing.files)
        guard let primary = weights.first else { return nil }
        if let split = ShardName(primary.path), weights.count != split.count {
            throw HubError(
                .ambiguous, "\(listing.repository) has \(weights.count) of \(split.count) parts of its weights.",
                hint: "The repository is not complete.")
        }
        let beside = listing.files.filter { isCompanion($0) }.sorted { $0.path < $1.path }
        return FileChoice(
            kind: .safeTensors, quantisation: nil, primary: primary, projector: nil, files: beside + weights)
    }

    /// `model.safetensors`, or all parts of it; in the folder of the repository itself.
    private static func weights(_ files: [HubFile]) -> [HubFile] {
        let tops = files.filter { $0.parent.isEmpty && $0.path.hasSuffix(".safetensors") }
        if let whole = tops.first(where: { $0.path == "model.safetensors" }) { return [whole] }
        let parts = tops.filter { ShardName($0.path)?.stem == "model" }.sorted { $0.path < $1.path }
        if !parts.isEmpty { return parts }
        // Other names are taken only where they leave no doubt.
        let others = tops.filter { !$0.path.hasPrefix("adapter_") && !$0.path.hasPrefix("consolidated") }
        return others.count == 1 ? others : []
    }

    private static let companions: Set<String> = [
        "config.json", "generation_config.json", "model.safetensors.index.json", "tokenizer.json",
        "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.json",
        "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json", "preprocessor_config.json",
        "processor_config.json", "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json",
        "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", "LICENSE", "LICENSE.txt",
        "README.md",
    ]

    private static func isCompanion(_ file: HubFile) -> Bool { companions.contains(file.path) }

    /// `model-00001-of-00003.safetensors`.
    private struct ShardName {
        let stem: Substring
        let count: Int

        init?(_ path: String) {
            guard path.hasSuffix(".safetensors") else { return nil }
            let words = path.dropLast(".safetensors".count).split(separator: "-", omittingEmptySubsequences: false)
            guard words.count == 4, words[2] == "of", Int(words[1]) != nil, let count = Int(words[3]), count > 0 else {
                return nil
            }
            stem = words[0]
            self.count = count
        }
    }
}
