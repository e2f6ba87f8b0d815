import GGUF
import JSONText

/// `tokenizer.json`, as the library "tokenizers" writes it. The vocabulary stays apart, because its keys differ by bytes.
struct TokenizerJSON {
    static let fileName = "tokenizer.json"

    /// All but the vocabulary, where that is an object.
    let value: JSONValue
    private let vocabulary: [(key: String, value: JSONValue)]?

    static func read(from folder: some ModelFolder) throws(ModelFormatError) -> TokenizerJSON? {
        guard let text = try folder.bytes(of: fileName, max: CheckpointText.jsonBytesMax) else { return nil }
        do throws(JSONSyntaxError) {
            let (value, members) = try JSONValue.parse(text, membersAt: ["model", "vocab"])
            return TokenizerJSON(value: value, vocabulary: members)
        } catch {
            throw ModelFormatError(error, in: fileName)
        }
    }

    /// "BPE", "WordPiece", "Unigram", "WordLevel".
    var modelType: String { value["model"]?["type"]?.string ?? "none" }

    /// Whether its tokens are bytes in the alphabet of GPT-2, and not text with single bytes as a way out.
    var isByteLevel: Bool { modelType == "BPE" && value["model"]?["byte_fallback"]?.bool != true }

    /// The vocabulary of the model that it must be.
    func table(size: Int, model: String) throws(ModelFormatError) -> TokenTable {
        guard modelType == model, let vocabulary else {
            throw ModelFormatError(
                .unsupportedTokenizer, in: Self.fileName, "model.type", found: modelType, allowed: model)
        }
        var table = TokenTable(size: size, file: Self.fileName)
        for entry in vocabulary {
            guard let id = entry.value.integer else {
                throw ModelFormatError(
                    .malformed, in: Self.fileName, "model.vocab.\(entry.key)", found: entry.value.kind,
                    allowed: "a whole number")
            }
            try table.place(Array(entry.key.utf8), at: id, .normal)
        }
        return table
    }

    /// Adds the tokens that are found in a text before it is split.
    func addTokens(to table: inout TokenTable, replaces: Bool = false) throws(ModelFormatError) {
        for (index, token) in (value["added_tokens"]?.array ?? []).enumerated() {
            guard let id = token["id"]?.integer, let content = token["content"]?.string, !content.isEmpty else {
                throw ModelFormatError(
                    .malformed, in: Self.fileName, "added_tokens[\(index)]", found: token.text,
                    allowed: "an id and a content")
            }
            try table.placeAdded(
                content, at: id, isSpecial: token["special"]?.bool ?? false, replaces: replaces)
        }
    }

    /// The parts of a step that may be a sequence of steps ("pre_tokenizer" with its "pretokenizers").
    func steps(_ key: String, _ listKey: String) -> [JSONValue] {
        guard let step = value[key], !step.isNull else { return [] }
        return step["type"]?.string == "Sequence" ? step[listKey]?.array ?? [] : [step]
    }
}

/// `tokenizer_config.json`.
struct TokenizerSettings {
    let value: JSONValue?

    static func read(from folder: some ModelFolder) throws(ModelFormatError) -> TokenizerSettings {
        TokenizerSettings(value: try CheckpointText.json("tokenizer_config.json", in: folder))
    }

    var isLowercase: Bool? { value?["do_lower_case"]?.bool }

    func flag(_ key: String) -> Bool? { value?[key]?.bool }

    /// A special token's text: a string, or an object with a `content`.
    func token(_ name: String) -> String? { Self.text(value?["\(name)_token"]) }

    static func text(_ value: JSONValue?) -> String? { value?.string ?? value?["content"]?.string }
}
