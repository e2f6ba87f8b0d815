import GGUF

/// A vocabulary for llama.cpp's SentencePiece tokenizer in which every word of one to three syllables is one token:
/// " ba", " bako", " bakoti". Fifty syllables make 127,550 words. So a client knows how many tokens its prompt has, and
/// an answer that is sent back as part of the next prompt has the tokens that it was generated with.
///
/// The tokenizer joins neighbours whose union is a token. Letters join to syllables, then a space (written "▁") takes
/// one syllable after the other. Two syllables without a space are no token, so there is only one way to read a word.
enum SyllableVocabulary {
    static let count = 128_256

    static let unknown: UInt32 = 0
    static let begin: UInt32 = 1
    static let end: UInt32 = 2
    static let endOfTurn: UInt32 = 3

    static let chatTemplate =
        "{% for message in messages %}<|{{ message.role }}|> {{ message.content | trim }}<|end|>{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>{% endif %}"

    private static let named = [
        "<unk>", "<s>", "</s>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>",
    ]
    private static let letters =
        (UInt8(ascii: "!")...UInt8(ascii: "~")).map { String(UnicodeScalar($0)) } + ["\n", "▁"]
    private static let syllables = "bdfklmnrst".flatMap { consonant in "aeiou".map { "\(consonant)\($0)" } }

    /// `llama_token_type` of llama.h.
    private enum Kind: Int32 {
        case normal = 1
        case unknown = 2
        case control = 3
        case byte = 6
    }

    private struct Token {
        let text: String
        let score: Float
        let kind: Kind
    }

    /// Tokens before the first word: the special ones, as many reserved ones as fill up the vocabulary, bytes,
    /// letters, syllables.
    private static let wordsStart = count - wordCount
    private static let wordCount = syllables.count * (1 + syllables.count * (1 + syllables.count))

    /// Whether a token is a word. The others get weights so small that they are never among the likeliest: no answer ends
    /// by chance, and every answer is made of words.
    static func isWord(_ token: Int) -> Bool { token >= wordsStart }

    /// Words of a circle. Those of three syllables, which are the last ones, make circles of neighbours.
    static let circle = 250
    private static let circlesStart = count - syllables.count * syllables.count * syllables.count

    /// The word before a word in its circle; other tokens are their own.
    static func predecessor(of token: Int) -> Int {
        guard token >= circlesStart else { return token }
        let place = (token - circlesStart) % circle
        return token - place + (place + circle - 1) % circle
    }

    /// Adds the vocabulary and a chat template.
    static func describe(in writer: inout GGUFWriter) throws(GGUFError) {
        let tokens = all()
        precondition(tokens.count == count, "the reserved tokens fill the vocabulary up")
        let entries: [(String, GGUFValue)] = [
            ("tokenizer.ggml.model", .string("llama")),
            ("tokenizer.ggml.tokens", .array(GGUFArray(tokens.lazy.map(\.text)))),
            ("tokenizer.ggml.scores", .array(GGUFArray(tokens.map(\.score)))),
            ("tokenizer.ggml.token_type", .array(GGUFArray(tokens.map(\.kind.rawValue)))),
            ("tokenizer.ggml.unknown_token_id", .uint32(unknown)),
            ("tokenizer.ggml.bos_token_id", .uint32(begin)),
            ("tokenizer.ggml.eos_token_id", .uint32(end)),
            ("tokenizer.ggml.eot_token_id", .uint32(endOfTurn)),
            ("tokenizer.ggml.add_bos_token", .bool(true)),
            ("tokenizer.ggml.add_eos_token", .bool(false)),
            ("tokenizer.ggml.add_space_prefix", .bool(false)),
            ("tokenizer.chat_template", .string(chatTemplate)),
        ]
        for (key, value) in entries { try writer.set(key, value) }
    }

    /// All tokens in the order of their numbers. A higher score joins first, as in SentencePiece.
    private static func all() -> [Token] {
        var tokens = named.map { Token(text: $0, score: 0, kind: $0 == "<unk>" ? .unknown : .control) }
        let bytes = (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return Token(text: "<0x\(digits.count == 1 ? "0" : "")\(digits)>", score: 0, kind: .byte)
        }
        let parts =
            letters.map { Token(text: $0, score: -100, kind: .normal) }
            + syllables.map { Token(text: $0, score: -1, kind: .normal) }
        let reserved = wordsStart - tokens.count - bytes.count - parts.count
        tokens += (0..<reserved).map { Token(text: "<|reserved_\($0)|>", score: 0, kind: .control) }
        tokens += bytes + parts
        var words = ["▁"]
        for length in 1...3 {
            words = words.flatMap { start in syllables.map { start + $0 } }
            tokens += words.map { Token(text: $0, score: -1 - Float(length), kind: .normal) }
        }
        return tokens
    }
}
