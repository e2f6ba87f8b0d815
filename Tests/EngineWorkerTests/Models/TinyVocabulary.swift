import GGUF

/// A vocabulary of bytes and of 64 signs, each a token of its own. A model's weights make sure that it writes signs only.
enum TinyVocabulary {
    static let begin: Int32 = 1
    static let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-")
    static let firstSign = 3 + 256
    static let count = firstSign + signs.count

    /// `llama_token_type` of llama.h.
    private enum Kind: Int32 {
        case normal = 1
        case unknown = 2
        case control = 3
        case byte = 6
    }

    static func describe(in writer: inout GGUFWriter) throws {
        let bytes = (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
        }
        let kinds =
            [Kind.unknown, .control, .control] + bytes.map { _ in Kind.byte } + signs.map { _ in Kind.normal }
        let entries: [(String, GGUFValue)] = [
            ("tokenizer.ggml.model", .string("llama")),
            ("tokenizer.ggml.tokens", .array(GGUFArray(["<unk>", "<s>", "</s>"] + bytes + signs.map { String($0) }))),
            ("tokenizer.ggml.scores", .array(GGUFArray([Float](repeating: 0, count: count)))),
            ("tokenizer.ggml.token_type", .array(GGUFArray(kinds.map(\.rawValue)))),
            ("tokenizer.ggml.unknown_token_id", .uint32(0)),
            ("tokenizer.ggml.bos_token_id", .uint32(UInt32(begin))),
            ("tokenizer.ggml.eos_token_id", .uint32(2)),
            ("tokenizer.ggml.add_bos_token", .bool(true)),
            ("tokenizer.ggml.add_space_prefix", .bool(false)),
        ]
        for (key, value) in entries { try writer.set(key, value) }
    }
}
