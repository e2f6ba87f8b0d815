import JSONText

/// Byte-level BPE, as LLaMA 3 and Qwen have it: the vocabulary, the merges, and how text is split before.
enum BytePairs {
    /// Merges at most.
    static let mergeCountMax = 1 << 23

    static func read(
        _ json: TokenizerJSON, _ folder: some ModelFolder, _ config: CheckpointConfig
    ) throws(ModelFormatError) -> CheckpointVocabulary {
        let pre = try splitting(json)
        var table = try json.table(size: config.vocabularySize, model: "BPE")
        let merges = try merges(json, table)
        try json.addTokens(to: &table)
        let specials = try SpecialTokens.read(json, folder, config, table)
        var flags = specials.flags
        // llama.cpp adds a first token to LLaMA 3's texts when nothing is said.
        if !flags.contains(where: { $0.key == "add_bos_token" }) { flags.append(("add_bos_token", false)) }
        return try CheckpointVocabulary(
            model: "gpt2", pre: pre, table, merges: merges, flags: flags, specials: specials.ids)
    }

    /// The merges as "left right". Both parts must be tokens.
    static func merges(_ json: TokenizerJSON, _ table: TokenTable) throws(ModelFormatError) -> [[UInt8]] {
        let list = json.value["model"]?["merges"]?.array ?? []
        guard list.count <= mergeCountMax else {
            throw ModelFormatError(
                .tooLarge, in: TokenizerJSON.fileName, "model.merges", found: "\(list.count)",
                allowed: "at most \(mergeCountMax)")
        }
        var merges: [[UInt8]] = []
        merges.reserveCapacity(list.count)
        for (index, merge) in list.enumerated() {
            guard let (left, right) = parts(merge) else {
                throw ModelFormatError(
                    .malformed, in: TokenizerJSON.fileName, "model.merges[\(index)]", found: merge.text,
                    allowed: "two tokens, with a space between them or as an array")
            }
            guard table.id(of: left) != nil, table.id(of: right) != nil, table.id(of: left + right) != nil else {
                throw ModelFormatError(
                    .missing, in: TokenizerJSON.fileName, "model.merges[\(index)]", found: merge.text,
                    allowed: "tokens of the vocabulary that are a token together")
            }
            merges.append(left + [0x20] + right)
        }
        return merges
    }

    static func parts(_ merge: JSONValue) -> ([UInt8], [UInt8])? {
        if let pair = merge.array {
            guard pair.count == 2, let left = pair[0].string?.utf8, let right = pair[1].string?.utf8,
                !left.isEmpty, !right.isEmpty, !left.contains(0x20), !right.contains(0x20)
            else { return nil }
            return (Array(left), Array(right))
        }
        guard let text = merge.string else { return nil }
        let parts = Array(text.utf8).split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return (Array(parts[0]), Array(parts[1]))
    }

    /// The name that llama.cpp has for how text is split before it is merged.
    ///
    /// llama.cpp's converter knows tokenizers by what they make of a long text; the patterns themselves say it too, without
    /// anybody to run them. Source of names and patterns: `llm_tokenizer_bpe` of llama.cpp.
    static func splitting(_ json: TokenizerJSON) throws(ModelFormatError) -> String {
        let steps = json.steps("pre_tokenizer", "pretokenizers")
        let types = steps.map { $0["type"]?.string ?? "none" }
        let last = steps.last
        let usesOwnPattern = last?["use_regex"]?.bool ?? true
        guard types.last == "ByteLevel", last?["add_prefix_space"]?.bool != true else {
            throw unsupported(json, types.joined(separator: ", "))
        }
        let ignoresMerges = json.value["model"]?["ignore_merges"]?.bool ?? false
        switch (types.dropLast(), usesOwnPattern) {
        case ([], true): return "gpt-2"
        case (["Digits"], true) where steps[0]["individual_digits"]?.bool == true: return "smollm"
        case (["Split"], false):
            let pattern = steps[0]["pattern"]?["Regex"]?.string ?? "none"
            if pattern == llama3 { return ignoresMerges ? "llama-bpe" : "dbrx" }
            if let name = patterns[pattern] { return name }
            throw unsupported(json, pattern)
        default: throw unsupported(json, types.joined(separator: ", "))
        }
    }

    private static let words = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"#
    private static let rest = #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let llama3 = words + #"|\p{N}{1,3}|"# + rest
    private static let patterns = [
        words + #"|\p{N}|"# + rest: "qwen2",
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"#
            + #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"#
            + #"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#: "tekken",
    ]

    private static func unsupported(_ json: TokenizerJSON, _ found: String) -> ModelFormatError {
        ModelFormatError(
            .unsupportedTokenizer, in: TokenizerJSON.fileName, "pre_tokenizer", found: found,
            allowed: "ByteLevel alone, after Digits, or after the Split of LLaMA 3, Qwen 2 or Tekken")
    }
}
