import GGUF
import JSONText

/// `tokenizer.model` of SentencePiece: the pieces with their scores, and the few settings that matter.
///
/// Source: sentencepiece_model.proto; the numbers of its fields stand beside the cases.
struct SentencePieceModel {
    static let fileName = "tokenizer.model"
    private static let pieceCountMax = 1 << 22
    private static let pieceBytesMax = 4096

    private(set) var pieces: [(text: [UInt8], score: Float, kind: TokenKind)] = []
    /// TrainerSpec.ModelType: 1 Unigram, 2 BPE, 3 words, 4 characters.
    private(set) var modelType: UInt64 = 1
    private(set) var addsDummyPrefix = true

    init(_ source: any ByteSource) throws(ModelFormatError) {
        var cursor = ProtobufCursor(source, file: Self.fileName)
        try cursor.fields(of: "ModelProto", in: cursor.wholeFile) { cursor, field throws(ModelFormatError) in
            switch field.number {
            case 1: try add(&cursor, field)
            case 2:
                let range = try cursor.range(field, of: "trainer_spec")
                try cursor.fields(of: "trainer_spec", in: range) { cursor, field throws(ModelFormatError) in
                    if field.number == 3 { modelType = try cursor.varint(field, of: "trainer_spec.model_type") }
                }
            case 3:
                let range = try cursor.range(field, of: "normalizer_spec")
                try cursor.fields(of: "normalizer_spec", in: range) { cursor, field throws(ModelFormatError) in
                    guard field.number == 3 else { return }
                    addsDummyPrefix = try cursor.varint(field, of: "normalizer_spec.add_dummy_prefix") != 0
                }
            default: break
            }
        }
        guard modelType == 2 else {
            throw ModelFormatError(
                .unsupportedTokenizer, in: Self.fileName, "trainer_spec.model_type",
                found: modelType == 1 ? "Unigram" : "\(modelType)", allowed: "BPE")
        }
    }

    private mutating func add(
        _ cursor: inout ProtobufCursor, _ field: ProtobufCursor.Field
    ) throws(ModelFormatError) {
        guard pieces.count < Self.pieceCountMax else {
            throw ModelFormatError(
                .tooLarge, in: Self.fileName, "pieces", at: field.offset, found: "more than \(Self.pieceCountMax)",
                allowed: "at most \(Self.pieceCountMax)")
        }
        var text: [UInt8] = []
        var score: Float = 0
        var kind = TokenKind.normal
        let range = try cursor.range(field, of: "pieces")
        try cursor.fields(of: "pieces", in: range) { cursor, field throws(ModelFormatError) in
            switch (field.number, field.value) {
            case (1, _): text = Array(try cursor.text(field, of: "pieces.piece", max: Self.pieceBytesMax).utf8)
            case (2, .fixed32(let bits)): score = Float(bitPattern: bits)
            case (3, _):
                let number = try cursor.varint(field, of: "pieces.type")
                guard let known = Int32(exactly: number).flatMap(TokenKind.init) else {
                    throw ModelFormatError(
                        .malformed, in: Self.fileName, "pieces.type", at: field.offset, found: "\(number)",
                        allowed: "1 to 6")
                }
                kind = known
            default: break
            }
        }
        guard !score.isNaN else {
            throw ModelFormatError(
                .malformed, in: Self.fileName, "pieces[\(pieces.count)].score", at: field.offset, found: "no number",
                allowed: "a number")
        }
        pieces.append((text, score, kind))
    }
}

/// Vocabularies with scores and single bytes as a way out, as LLaMA 1 and 2 and Mistral have them.
enum SentencePieceVocabulary {
    /// Out of `tokenizer.model`, and the tokens that were added beside it.
    static func read(
        _ folder: some ModelFolder, _ json: TokenizerJSON?, _ config: CheckpointConfig
    ) throws(ModelFormatError) -> CheckpointVocabulary {
        let model = try SentencePieceModel(try folder.required(SentencePieceModel.fileName))
        var table = TokenTable(size: config.vocabularySize, file: SentencePieceModel.fileName)
        for (id, piece) in model.pieces.enumerated() {
            try table.place(piece.text, at: Int64(id), piece.kind, score: piece.score)
        }
        let settings = try TokenizerSettings.read(from: folder)
        if let json {
            try json.addTokens(to: &table, replaces: true)
        } else {
            try addTokens(of: settings, folder, to: &table)
        }
        return try finished(
            table, json, folder, config, addsPrefix: settings.flag("add_prefix_space") ?? model.addsDummyPrefix)
    }

    /// Out of `tokenizer.json`, which has merges instead of scores. The order of the merges is that of the scores:
    /// the first one makes the piece with the highest.
    ///
    /// Differs from llama.cpp's converter, which gives all pieces one score.
    static func read(
        _ json: TokenizerJSON, _ folder: some ModelFolder, _ config: CheckpointConfig
    ) throws(ModelFormatError) -> CheckpointVocabulary {
        var table = try json.table(size: config.vocabularySize, model: "BPE")
        let merges = try BytePairs.merges(json, table)
        for id in table.texts.indices {
            guard let text = table.texts[id] else { continue }
            let kind: TokenKind = isByte(text) ? .byte : .normal
            try table.place(text, at: Int64(id), kind, score: -Float(merges.count))
        }
        for (rank, merge) in merges.enumerated().reversed() {
            if let id = table.id(of: merge.split(separator: 0x20).joined()) { table.setScore(-Float(rank), at: id) }
        }
        try json.addTokens(to: &table)
        let prepends = json.steps("normalizer", "normalizers").contains { $0["type"]?.string == "Prepend" }
        let metaspace = json.steps("pre_tokenizer", "pretokenizers").first { $0["type"]?.string == "Metaspace" }
        let scheme = metaspace.map { $0["prepend_scheme"]?.string ?? "always" }
        return try finished(
            table, json, folder, config, addsPrefix: prepends || (scheme != nil && scheme != "never"))
    }

    private static func finished(
        _ table: TokenTable, _ json: TokenizerJSON?, _ folder: some ModelFolder, _ config: CheckpointConfig,
        addsPrefix: Bool
    ) throws(ModelFormatError) -> CheckpointVocabulary {
        let specials = try SpecialTokens.read(json, folder, config, table)
        return try CheckpointVocabulary(
            model: "llama", pre: "default", table, scores: table.scores,
            flags: [("add_space_prefix", addsPrefix)] + specials.flags, specials: specials.ids)
    }

    /// `added_tokens.json`, and `added_tokens_decoder` of `tokenizer_config.json`.
    private static func addTokens(
        of settings: TokenizerSettings, _ folder: some ModelFolder, to table: inout TokenTable
    ) throws(ModelFormatError) {
        let name = "added_tokens.json"
        for (content, id) in try CheckpointText.json(name, in: folder)?.object ?? JSONObject() {
            guard let id = id.integer, !content.isEmpty else {
                throw ModelFormatError(.malformed, in: name, content, found: id.text, allowed: "a whole number")
            }
            try table.placeAdded(content, at: id, isSpecial: false, replaces: true)
        }
        for (key, token) in settings.value?["added_tokens_decoder"]?.object ?? JSONObject() {
            guard let id = Int64(key), let content = token["content"]?.string, !content.isEmpty else {
                throw ModelFormatError(
                    .malformed, in: "tokenizer_config.json", "added_tokens_decoder.\(key)", found: token.text,
                    allowed: "an id with a content")
            }
            try table.placeAdded(content, at: id, isSpecial: token["special"]?.bool ?? false, replaces: true)
        }
    }

    /// `<0x0A>`.
    private static func isByte(_ text: [UInt8]) -> Bool {
        text.count == 6 && text.starts(with: Array("<0x".utf8)) && text[5] == UInt8(ascii: ">")
            && text[3..<5].allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }
}
