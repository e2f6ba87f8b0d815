import GGUF
import JSONText

/// The small text files of a checkpoint: their bounds, and what several readers want of them.
enum CheckpointText {
    /// `tokenizer.json` at most, in bytes; that of Gemma, with 262,000 tokens, has 33 MB.
    static let jsonBytesMax = 128 << 20
    private static let cardBytesMax = 4 << 20
    private static let templateBytesMax = 1 << 20

    /// A JSON file; `nil` when there is none.
    static func json(_ name: String, in folder: any ModelFolder) throws(ModelFormatError) -> JSONValue? {
        guard let text = try folder.bytes(of: name, max: jsonBytesMax) else { return nil }
        do throws(JSONSyntaxError) {
            return try JSONValue.parse(text)
        } catch {
            throw ModelFormatError(error, in: name)
        }
    }

    /// The chat templates of a checkpoint, the default one first.
    ///
    /// - Returns: names and Jinja sources; the default's name is "default".
    static func chatTemplates(
        in folder: any ModelFolder
    ) throws(ModelFormatError) -> [(name: String, source: String)] {
        let settings = try json("tokenizer_config.json", in: folder)
        if let source = settings?["chat_template"]?.string { return [("default", source)] }
        if let list = settings?["chat_template"]?.array {
            let templates = list.compactMap { entry -> (name: String, source: String)? in
                guard let name = entry["name"]?.string, let source = entry["template"]?.string else { return nil }
                return (name, source)
            }
            return templates.filter { $0.name == "default" } + templates.filter { $0.name != "default" }
        }
        if let bytes = try folder.bytes(of: "chat_template.jinja", max: templateBytesMax) {
            guard let source = String(validating: bytes, as: UTF8.self) else {
                throw ModelFormatError(
                    .malformed, in: "chat_template.jinja", "text", found: "not UTF-8", allowed: "UTF-8")
            }
            return [("default", source)]
        }
        if let source = try json("chat_template.json", in: folder)?["chat_template"]?.string {
            return [("default", source)]
        }
        return []
    }

    /// `license:` of the model card's head, which is YAML between two lines `---`.
    static func license(in folder: any ModelFolder) throws(ModelFormatError) -> String? {
        guard let bytes = try folder.bytes(of: "README.md", max: cardBytesMax) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .lazy.map { $0.last == "\r" ? $0.dropLast() : $0 }
        guard lines.first == "---" else { return nil }
        for line in lines.dropFirst() {
            if line == "---" { return nil }
            guard line.hasPrefix("license:") else { continue }
            let value = line.dropFirst("license:".count).drop { $0 == " " }
            let plain = value.filter { $0 != "\"" && $0 != "'" }
            return plain.isEmpty ? nil : String(plain.prefix(128))
        }
        return nil
    }
}
