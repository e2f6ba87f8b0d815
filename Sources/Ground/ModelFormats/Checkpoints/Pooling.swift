import JSONText

/// How the vectors of a text's tokens become one, by the numbers of `pooling_type` (`llama_pooling_type`).
enum Pooling: UInt32 {
    case mean = 1
    case cls = 2
    case last = 3
    case rank = 4

    /// What `modules.json` of sentence-transformers says; a classifier's is its class's; `nil` for a model that writes text.
    static func read(from folder: some ModelFolder, _ config: CheckpointConfig) throws(ModelFormatError) -> Pooling? {
        if config.className == "BertForSequenceClassification" { return .rank }
        let modules = try CheckpointText.json("modules.json", in: folder)?.array ?? []
        let known = ["Transformer", "Pooling", "Normalize"]
        for (index, module) in modules.enumerated() {
            let type = module["type"]?.string ?? "none"
            guard !known.contains(where: { type.split(separator: ".").last.map(String.init) == $0 }) else { continue }
            throw ModelFormatError(
                .unsupportedSetting, in: "modules.json", "[\(index)].type", found: type,
                allowed: known.joined(separator: ", "))
        }
        guard let module = modules.first(where: { $0["type"]?.string?.hasSuffix("Pooling") == true }) else {
            // What sentence-transformers does with an encoder that says nothing.
            return config.family == .bert ? .mean : nil
        }
        let name = "\(module["path"]?.string ?? "1_Pooling")/config.json"
        guard let settings = try CheckpointText.json(name, in: folder) else {
            throw ModelFormatError(
                .missing, in: folder.name, name, found: "no such file", allowed: "what modules.json says")
        }
        let modes: [(key: String, name: String, value: Pooling)] = [
            ("pooling_mode_mean_tokens", "mean", .mean), ("pooling_mode_cls_token", "cls", .cls),
            ("pooling_mode_lasttoken", "lasttoken", .last),
        ]
        let chosen = modes.filter { settings[$0.key]?.bool == true || settings["pooling_mode"]?.string == $0.name }
        let others = (settings.object?.keys ?? []).filter { key in
            key.hasPrefix("pooling_mode_") && settings[key]?.bool == true && !modes.contains { $0.key == key }
        }
        guard chosen.count == 1, others.isEmpty, let mode = chosen.first else {
            throw ModelFormatError(
                .unsupportedSetting, in: name, "pooling_mode",
                found: (chosen.map(\.key) + others).joined(separator: ", "), allowed: "one of mean, cls, lasttoken")
        }
        return mode.value
    }
}
