import GGUF
import JSONText

/// A checkpoint's tokenizer as GGUF has it.
struct CheckpointVocabulary {
    /// `tokenizer.ggml.model`: "gpt2", "llama", "bert".
    let model: String
    /// `tokenizer.ggml.pre`: how llama.cpp splits text before it merges.
    let pre: String
    let tokens: [[UInt8]]
    let kinds: [TokenKind]
    /// Which merge comes first: of "llama" only.
    var scores: [Float]?
    /// "left right", the first one first: of "gpt2" only.
    var merges: [[UInt8]]?
    /// Keys below `tokenizer.ggml.` that are true or false.
    var flags: [(key: String, value: Bool)] = []
    /// Keys below `tokenizer.ggml.` that are ids of special tokens.
    var specials: [(key: String, id: Int)] = []

    /// Reads whichever tokenizer the folder has.
    ///
    /// - Throws: `missing` when there is none, `unsupportedTokenizer`, and what is wrong with its files.
    static func read(from folder: some ModelFolder, _ config: CheckpointConfig) throws(ModelFormatError) -> Self {
        let json = try TokenizerJSON.read(from: folder)
        if config.family == .bert { return try wordPieces(json, folder, config) }
        if let json, json.isByteLevel { return try BytePairs.read(json, folder, config) }
        if try folder.file(SentencePieceModel.fileName) != nil {
            return try SentencePieceVocabulary.read(folder, json, config)
        }
        if let json { return try SentencePieceVocabulary.read(json, folder, config) }
        throw ModelFormatError(
            .missing, in: folder.name, "tokenizer", found: "neither tokenizer.json nor tokenizer.model",
            allowed: "one of them")
    }

    init(
        model: String, pre: String, _ table: TokenTable, scores: [Float]? = nil, merges: [[UInt8]]? = nil,
        flags: [(key: String, value: Bool)] = [], specials: [(key: String, id: Int)] = []
    ) throws(ModelFormatError) {
        self.model = model
        self.pre = pre
        tokens = try table.filled()
        kinds = table.kinds
        self.scores = scores
        self.merges = merges
        self.flags = flags
        self.specials = specials
    }

    /// BERT's: `tokenizer.json`, or one word a line.
    ///
    /// llama.cpp makes pieces of a word of more than 100 characters, which the library "tokenizers" calls unknown.
    private static func wordPieces(
        _ json: TokenizerJSON?, _ folder: some ModelFolder, _ config: CheckpointConfig
    ) throws(ModelFormatError) -> Self {
        var table: TokenTable
        var isLowercase = try TokenizerSettings.read(from: folder).isLowercase ?? true
        var stripsAccents: Bool?
        if let json {
            table = try json.table(size: config.vocabularySize, model: "WordPiece")
            try json.addTokens(to: &table)
            let normalizer = json.value["normalizer"]
            isLowercase = normalizer?["lowercase"]?.bool ?? isLowercase
            stripsAccents = normalizer?["strip_accents"]?.bool
        } else {
            table = try WordList.read(from: folder, size: config.vocabularySize)
        }
        let specials = try SpecialTokens.read(json, folder, config, table)
        // A word's first piece begins with ▁, and those that go on have nothing, where the file marks them with ##.
        try table.rewrite { text, kind in
            if kind == .control { return text }
            return text.starts(with: Array("##".utf8)) ? Array(text.dropFirst(2)) : Array("\u{2581}".utf8) + text
        }
        return try Self(
            model: "bert", pre: "default", table,
            flags: [
                ("normalizer.lowercase", isLowercase), ("normalizer.strip_accents", stripsAccents ?? isLowercase),
            ],
            specials: specials.ids)
    }
}

/// `vocab.txt`: one token a line, its number is the id.
enum WordList {
    static let fileName = "vocab.txt"
    private static let bytesMax = 64 << 20

    static func read(from folder: some ModelFolder, size: Int) throws(ModelFormatError) -> TokenTable {
        guard let bytes = try folder.bytes(of: fileName, max: bytesMax) else {
            throw ModelFormatError(
                .missing, in: folder.name, "tokenizer", found: "neither tokenizer.json nor vocab.txt",
                allowed: "one of them")
        }
        var table = TokenTable(size: size, file: fileName)
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let controls = try SpecialTokens.texts(in: folder)
        for (id, line) in lines.enumerated() {
            let text = Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
            guard String(validating: text, as: UTF8.self) != nil else {
                throw ModelFormatError(
                    .malformed, in: fileName, "line \(id + 1)", found: "not UTF-8", allowed: "UTF-8 text")
            }
            try table.place(text, at: Int64(id), controls.contains(text) ? .control : .normal)
        }
        return table
    }
}
