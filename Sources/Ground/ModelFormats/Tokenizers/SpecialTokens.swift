import JSONText

/// The tokens that begin, end, pad and stand for what is unknown, and which of them a text gets by itself.
struct SpecialTokens {
    /// Keys below `tokenizer.ggml.`.
    let ids: [(key: String, id: Int)]
    let flags: [(key: String, value: Bool)]

    /// Names in a checkpoint's files and in GGUF. Source: `Keys.Tokenizer` of gguf-py (whose spelling is kept).
    private static let names = [
        ("bos", "bos_token_id"), ("eos", "eos_token_id"), ("unk", "unknown_token_id"), ("sep", "seperator_token_id"),
        ("pad", "padding_token_id"), ("mask", "mask_token_id"),
    ]
    /// What BERT's tokenizer calls them when no file says it.
    private static let usual = [
        "unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "cls": "[CLS]", "mask": "[MASK]",
    ]

    /// Reads what `tokenizer_config.json`, `special_tokens_map.json`, `tokenizer.json` and `config.json` say, the first first.
    static func read(
        _ json: TokenizerJSON?, _ folder: some ModelFolder, _ config: CheckpointConfig, _ table: TokenTable
    ) throws(ModelFormatError) -> SpecialTokens {
        let settings = try TokenizerSettings.read(from: folder)
        let map = try CheckpointText.json("special_tokens_map.json", in: folder)
        let isEncoder = config.family == .bert
        func text(_ name: String) -> String? {
            settings.token(name) ?? TokenizerSettings.text(map?["\(name)_token"]) ?? (isEncoder ? usual[name] : nil)
        }
        var texts: [String: String] = [:]
        for (name, _) in names { texts[name] = text(name) }
        // A text's first and last token are these, in a model that has no others.
        texts["bos"] = texts["bos"] ?? text("cls")
        texts["eos"] = texts["eos"] ?? texts["sep"]
        var ids: [(key: String, id: Int)] = []
        for (name, key) in names {
            let named = texts[name].flatMap { table.id(of: $0.utf8) }
            if let id = named ?? config.specialTokens["\(name)_token_id"] { ids.append((key, id)) }
        }
        if isEncoder {
            for (name, key) in names where ["unk", "sep"].contains(name) && !ids.contains(where: { $0.key == key }) {
                throw ModelFormatError(
                    .missing, in: folder.name, "\(name)_token", found: texts[name] ?? "nothing",
                    allowed: "a token of the vocabulary")
            }
        }
        return SpecialTokens(ids: ids, flags: isEncoder ? [] : flags(json, settings, texts))
    }

    /// The texts of all special tokens that a folder without `tokenizer.json` names.
    static func texts(in folder: some ModelFolder) throws(ModelFormatError) -> Set<[UInt8]> {
        let settings = try TokenizerSettings.read(from: folder)
        let map = try CheckpointText.json("special_tokens_map.json", in: folder)
        var texts: Set<[UInt8]> = []
        for (name, standard) in usual {
            let text = settings.token(name) ?? TokenizerSettings.text(map?["\(name)_token"]) ?? standard
            texts.insert(Array(text.utf8))
        }
        return texts
    }

    /// Whether a text gets a first and a last token. What the tokenizer does wins over what its settings say.
    private static func flags(
        _ json: TokenizerJSON?, _ settings: TokenizerSettings, _ texts: [String: String]
    ) -> [(key: String, value: Bool)] {
        var addsFirst = settings.flag("add_bos_token")
        var addsLast = settings.flag("add_eos_token")
        for step in json?.steps("post_processor", "processors") ?? [] {
            guard step["type"]?.string == "TemplateProcessing", let single = step["single"]?.array else { continue }
            let first = single.first?["SpecialToken"]?["id"]?.string
            let last = single.last?["SpecialToken"]?["id"]?.string
            addsFirst = first != nil && first == texts["bos"]
            addsLast = single.count > 1 && last != nil && last == texts["eos"]
        }
        return [("add_bos_token", addsFirst), ("add_eos_token", addsLast)].compactMap { key, value in
            value.map { (key, $0) }
        }
    }
}
