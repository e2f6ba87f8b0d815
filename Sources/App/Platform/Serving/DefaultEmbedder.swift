import Configuration
import Foundation

/// The sentence encoder that set-up fetches and converts. Where it is there, it is served under a name that everything
/// which needs vectors asks for: the semantic cache, search, retrieval. It takes no memory before the first request.
enum DefaultEmbedder {
    static let name = "embed"
    static let note = "all-MiniLM-L6-v2, which set-up made: 384 numbers for a sentence."

    /// The file in the cache of `scripts/`, if it is there.
    static func path(_ environment: [String: String]) -> String? {
        guard let cache = cache(environment) else { return nil }
        let path = "\(cache)/models/all-MiniLM-L6-v2-F16.gguf"
        return FileManager.default.isReadableFile(atPath: path) ? path : nil
    }

    /// Adds it to what a configuration serves, unless that has a model of this name.
    static func add(_ path: String, beside loaded: Configuration, to inputs: inout ConfigurationInputs) {
        guard loaded.model(named: name) == nil else { return }
        let settings = [("path", path), ("kind", "embeddings"), ("autostart", "false"), ("note", note)]
        for (key, value) in settings {
            inputs.arguments.append(ConfigurationArgument(flag: "--models.\(name).\(key)", value: value))
        }
        // Alone, a model needs no word to be the default; it stays the default beside this one.
        if loaded.defaultModel == nil, loaded.models.count == 1 {
            inputs.arguments.append(ConfigurationArgument(flag: "--defaultModel", value: loaded.models[0].name))
        }
    }

    /// Where scripts keep what they make, as `scripts/minilm.py` finds it.
    private static func cache(_ environment: [String: String]) -> String? {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let own = value("NEXUS_CACHE_DIR") { return own }
        if let caches = value("XDG_CACHE_HOME") { return "\(caches)/llama-nexus" }
        return value("HOME").map { "\($0)/.cache/llama-nexus" }
    }
}
