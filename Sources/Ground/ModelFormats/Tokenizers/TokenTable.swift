/// What a token is, by the numbers of `tokenizer.ggml.token_type`. SentencePiece's are the same.
enum TokenKind: Int32 {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
}

/// The tokens of a vocabulary by their ids, filled from several files.
struct TokenTable {
    private(set) var texts: [[UInt8]?]
    private(set) var kinds: [TokenKind]
    private(set) var scores: [Float]
    private var ids: [[UInt8]: Int] = [:]
    /// The file that is being read, for errors.
    private let file: String

    /// Score of tokens that take no part in merging: that of llama.cpp's converter.
    static let addedScore: Float = -1000
    static let unusedScore: Float = -10_000

    init(size: Int, file: String) {
        texts = Array(repeating: nil, count: size)
        kinds = Array(repeating: .unused, count: size)
        scores = Array(repeating: Self.unusedScore, count: size)
        self.file = file
    }

    func id(of text: some Sequence<UInt8>) -> Int? { ids[Array(text)] }

    /// Puts a token in its place.
    ///
    /// - Parameters:
    ///   - text: its bytes.
    ///   - id: its place.
    ///   - kind: what it is.
    ///   - score: which merge comes first, in vocabularies that have scores.
    ///   - replaces: whether another text in the place makes way, as added tokens do with unused ones.
    /// - Throws: `duplicate` for an id or a text that is taken, `tooLarge` for an id past the embedding's rows.
    mutating func place(
        _ text: [UInt8], at id: Int64, _ kind: TokenKind, score: Float = 0, replaces: Bool = false
    ) throws(ModelFormatError) {
        let shown = "token '\(String(decoding: text.prefix(64), as: UTF8.self))'"
        guard let id = Int(exactly: id), texts.indices.contains(id) else {
            throw ModelFormatError(
                .tooLarge, in: file, shown, found: "the id \(id)",
                allowed: "0 to \(texts.count - 1), the rows of the embedding (vocab_size)")
        }
        if let other = ids[text], other != id {
            throw ModelFormatError(.duplicate, in: file, shown, found: "the ids \(other) and \(id)", allowed: "one id")
        }
        if let before = texts[id], before != text {
            guard replaces else {
                throw ModelFormatError(
                    .duplicate, in: file, shown,
                    found: "the id \(id), which '\(String(decoding: before.prefix(64), as: UTF8.self))' has too",
                    allowed: "an id of its own")
            }
            ids[before] = nil
        }
        texts[id] = text
        kinds[id] = kind
        scores[id] = score
        ids[text] = id
    }

    /// The kind of a token that `added_tokens` names.
    mutating func placeAdded(
        _ content: String, at id: Int64, isSpecial: Bool, replaces: Bool
    ) throws(ModelFormatError) {
        if isSpecial || Self.looksSpecial(content) {
            try place(Array(content.utf8), at: id, .control, score: Self.addedScore, replaces: replaces)
        } else {
            // llama.cpp looks for these in the text before it has turned spaces into ▁.
            var plain: [UInt8] = []
            for scalar in content.unicodeScalars {
                plain += scalar == "\u{2581}" ? [0x20] : Array(String(scalar).utf8)
            }
            let isSame =
                Int(exactly: id).map { texts.indices.contains($0) && texts[$0] == Array(content.utf8) } ?? false
            try place(plain, at: id, .userDefined, score: Self.addedScore, replaces: replaces || isSame)
        }
    }

    /// Some models mark control tokens as ordinary ones. Source: `does_token_look_special` of llama.cpp's converter.
    private static func looksSpecial(_ text: String) -> Bool {
        ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text)
            || (text.hasPrefix("<|") && text.hasSuffix("|>")) || (text.hasPrefix("<｜") && text.hasSuffix("｜>"))
            || (text.hasPrefix("<unused") && text.hasSuffix(">"))
    }

    /// Changes every text, as the vocabulary of BERT needs it.
    mutating func rewrite(_ change: (_ text: [UInt8], TokenKind) -> [UInt8]) throws(ModelFormatError) {
        let before = self
        self = TokenTable(size: texts.count, file: file)
        for (id, text) in before.texts.enumerated() {
            guard let text else { continue }
            try place(change(text, before.kinds[id]), at: Int64(id), before.kinds[id], score: before.scores[id])
        }
    }

    mutating func setScore(_ score: Float, at id: Int) { scores[id] = score }

    /// All texts; places without a token get one that no text has, as embeddings are often longer than vocabularies.
    func filled() throws(ModelFormatError) -> [[UInt8]] {
        var filled: [[UInt8]] = []
        filled.reserveCapacity(texts.count)
        for (id, text) in texts.enumerated() {
            let stand = Array("[PAD\(id)]".utf8)
            if text == nil, let other = ids[stand] {
                throw ModelFormatError(
                    .duplicate, in: file, "token '[PAD\(id)]'", found: "the id \(other)",
                    allowed: "another text: \(id) has no token, and gets this one")
            }
            filled.append(text ?? stand)
        }
        return filled
    }
}
