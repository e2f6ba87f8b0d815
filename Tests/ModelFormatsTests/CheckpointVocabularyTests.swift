import GGUF
import JSONText
import Testing

@testable import ModelFormats

@Suite struct CheckpointVocabularyTests {
    private let decoder = SmallCheckpoint.decoder("LlamaForCausalLM")

    private func metadata(_ folder: FolderInMemory) throws -> GGUFMetadata { try converted(folder).file.metadata }
    private func refused(_ folder: FolderInMemory) -> ModelFormatError? { refusal { _ = try converted(folder) } }

    private func tokens(_ data: GGUFMetadata) -> [String]? { data["tokenizer.ggml.tokens"]?.array?.strings }
    private func kinds(_ data: GGUFMetadata) -> [Int64]? { data["tokenizer.ggml.token_type"]?.array?.integers }

    // MARK: Byte-level BPE

    @Test func `merges, added tokens and rows without a token`() throws {
        let data = try metadata(decoder)
        #expect(data["tokenizer.ggml.model"] == .string("gpt2") && data["tokenizer.ggml.pre"] == .string("gpt-2"))
        let expected = ["a", "b", "c", "d", "ab", "cd", "abcd", "Ġ", "<|begin|>", "<|end|>", "[PAD10]", "[PAD11]"]
        #expect(tokens(data) == expected)
        #expect(kinds(data) == [1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 5, 5])
        #expect(data["tokenizer.ggml.merges"]?.array?.strings == ["a b", "c d", "ab cd"])
        #expect(data["tokenizer.ggml.bos_token_id"] == .uint32(8) && data["tokenizer.ggml.eos_token_id"] == .uint32(9))
        #expect(data["tokenizer.ggml.add_bos_token"] == .bool(true))
        #expect(data["tokenizer.ggml.add_eos_token"] == .bool(false))
    }

    @Test func `a checkpoint that adds no first token says so`() throws {
        let folder = try decoder.changing("tokenizer.json") { $0["post_processor"] = nil }
        #expect(try metadata(folder)["tokenizer.ggml.add_bos_token"] == .bool(false))
    }

    @Test func `config's ids are taken when the tokenizer names none`() throws {
        let data = try metadata(decoder.without("tokenizer_config.json"))
        #expect(data["tokenizer.ggml.bos_token_id"] == .uint32(8) && data["tokenizer.ggml.eos_token_id"] == .uint32(9))
    }

    @Test(arguments: [
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            false, "qwen2"
        ),
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            true, "llama-bpe"
        ),
        (
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
            false, "dbrx"
        ),
    ])
    func `how text is split is known by its pattern`(pattern: String, ignoresMerges: Bool, name: String) throws {
        let folder = try decoder.changing("tokenizer.json") { file in
            file["pre_tokenizer"] = [
                "type": "Sequence",
                "pretokenizers": [
                    ["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated"],
                    ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
                ],
            ]
            if case .object(var model)? = file["model"] {
                model["ignore_merges"] = .bool(ignoresMerges)
                file["model"] = .object(model)
            }
        }
        #expect(try metadata(folder)["tokenizer.ggml.pre"] == .string(name))
    }

    @Test func `a way to split that llama.cpp has not is refused`() throws {
        let split: JSONValue = ["type": "Split", "pattern": ["Regex": "x+"]]
        for step in [split, ["type": "Whitespace"], ["type": "ByteLevel", "add_prefix_space": true], nil]
            as [JSONValue?]
        {
            let folder = try decoder.changing("tokenizer.json") { $0["pre_tokenizer"] = step }
            #expect(refused(folder)?.kind == .unsupportedTokenizer)
        }
    }

    @Test(arguments: [
        (#""a": 0, "b": 0"#, ModelFormatError.Kind.duplicate), (#""a": 0, "a": 1"#, .duplicate),
        (#""a": 12"#, .tooLarge), (#""a": -1"#, .tooLarge), (#""a": "0""#, .malformed), (#""a": 1.5"#, .malformed),
        (#""[PAD11]": 0"#, .duplicate),
    ])
    func `ids twice, missing or out of range are refused`(entries: String, kind: ModelFormatError.Kind) {
        var folder = decoder
        folder[text: "tokenizer.json"] =
            #"{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {\#(entries)}, "merges": []}}"#
        #expect(refused(folder)?.kind == kind)
    }

    @Test func `tokens that only look alike are two tokens`() throws {
        var folder = decoder
        folder[text: "tokenizer.json"] =
            #"{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"é": 0, "e\u0301": 1}, "merges": []}}"#
        let array = try #require(try metadata(folder)["tokenizer.ggml.tokens"]?.array)
        #expect(array.bytes(at: 0).map(Array.init) == [0xC3, 0xA9])
        #expect(array.bytes(at: 1).map(Array.init) == [0x65, 0xCC, 0x81])
    }

    @Test(arguments: [#""a""#, #""a b c""#, #"["a"]"#, #""a z""#, #""b a""#, "7", #"["a ", "b"]"#])
    func `a merge of anything but two tokens is refused`(merge: String) {
        var folder = decoder
        folder[text: "tokenizer.json"] = folder[text: "tokenizer.json"].replacing(#""a b""#, with: merge)
        #expect(refused(folder)?.field == "model.merges[0]")
    }

    // MARK: WordPiece

    @Test func `words begin with a mark, and what goes on with one has none`() throws {
        let data = try metadata(SmallCheckpoint.encoder())
        #expect(data["tokenizer.ggml.model"] == .string("bert"))
        let expected = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁sun", "▁rain", "y", "s", "▁snow", "[PAD10]", "[PAD11]",
        ]
        #expect(tokens(data) == expected)
        #expect(kinds(data) == [3, 3, 3, 3, 3, 1, 1, 1, 1, 1, 5, 5])
        for (key, id) in [("bos", 2), ("eos", 3), ("seperator", 3), ("unknown", 1), ("padding", 0), ("mask", 4)] {
            #expect(data["tokenizer.ggml.\(key)_token_id"] == .uint32(UInt32(id)))
        }
        #expect(data["tokenizer.ggml.normalizer.lowercase"] == .bool(true))
    }

    @Test func `a list of words and the other file make the same`() throws {
        let list = SmallCheckpoint.encoder()
        var json = list.without("vocab.txt")
        let words = list[text: "vocab.txt"].split(separator: "\n").map(String.init)
        let vocabulary = JSONObject(words.enumerated().map { ($1, JSONValue.whole($0)) })
        let added = (0..<5).map { id -> JSONValue in
            ["id": .whole(id), "content": .string(words[id]), "special": true]
        }
        let file: JSONObject = [
            "added_tokens": .array(added), "normalizer": ["type": "BertNormalizer", "lowercase": true],
            "model": ["type": "WordPiece", "vocab": .object(vocabulary)],
        ]
        json[text: "tokenizer.json"] = JSONValue.object(file).text
        #expect(try converted(json).bytes == converted(list).bytes)
    }

    @Test func `a list of words may have the line ends of Windows, and none twice`() throws {
        var folder = SmallCheckpoint.encoder()
        let list = folder[text: "vocab.txt"]
        folder[text: "vocab.txt"] = list.replacing("\n", with: "\r\n")
        #expect(try converted(folder).bytes == converted(SmallCheckpoint.encoder()).bytes)
        folder[text: "vocab.txt"] = list + "sun\n"
        #expect(refused(folder)?.kind == .duplicate)
        folder[text: "vocab.txt"] = list + "a\nb\nc\n"
        #expect(refused(folder)?.kind == .tooLarge)
        folder[text: "vocab.txt"] = "sun\nrain\n"
        #expect(refused(folder)?.field == "unk_token")
        folder.files["vocab.txt"] = [0xFF, 0x0A]
        #expect(refused(folder)?.kind == .malformed)
        #expect(refused(folder.without("vocab.txt"))?.kind == .missing)
    }

    // MARK: SentencePiece

    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }

    private func piece(_ text: String, _ score: Float, _ kind: UInt8) -> [UInt8] {
        field(1, field(1, Array(text.utf8)) + [2 << 3 | 5] + score.littleEndianBytes + [3 << 3, kind])
    }

    private func pieces(type: UInt8 = 2) -> [UInt8] {
        piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("<0x0A>", 0, 6) + piece("▁a", -1, 1)
            + piece("a", -2, 1) + piece("▁", -3, 1) + field(2, [3 << 3, type]) + field(3, [3 << 3, 1])
    }

    private var sentencePieces: FolderInMemory {
        var folder = decoder.without("tokenizer.json")
        folder.files["tokenizer.model"] = pieces()
        folder[text: "tokenizer_config.json"] =
            #"""
            {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": true,
             "chat_template": "{{ messages }}", "added_tokens_decoder": {"8": {"content": "<tool>▁", "special": false}}}
            """#
        return folder
    }

    @Test func `pieces keep their scores and kinds`() throws {
        let data = try metadata(sentencePieces)
        #expect(data["tokenizer.ggml.model"] == .string("llama"))
        #expect(
            tokens(data)?.prefix(10) == [
                "<unk>", "<s>", "</s>", "<0x0A>", "▁a", "a", "▁", "[PAD7]", "<tool> ", "[PAD9]",
            ])
        #expect(kinds(data)?.prefix(9) == [2, 3, 3, 6, 1, 1, 1, 5, 4])
        #expect(data["tokenizer.ggml.scores"]?.array?.numbers?[4...6] == [-1, -2, -3])
        #expect(data["tokenizer.ggml.add_bos_token"] == .bool(true))
        #expect(data["tokenizer.ggml.add_space_prefix"] == .bool(true))
        #expect(data["tokenizer.chat_template"] == .string("{{ messages }}"))
    }

    @Test func `a damaged or a Unigram model is refused`() {
        var folder = sentencePieces
        folder.files["tokenizer.model"] = pieces(type: 1)
        #expect(refused(folder)?.kind == .unsupportedTokenizer)
        let whole = pieces()
        // All but the last message, of four bytes, is a whole model as well.
        for count in whole.indices where count != whole.count - 4 {
            folder.files["tokenizer.model"] = Array(whole[..<count])
            #expect(refused(folder) != nil, "\(count)")
        }
        folder.files["tokenizer.model"] = whole + piece("a", -9, 1)
        #expect(refused(folder)?.kind == .duplicate)
        folder.files["tokenizer.model"] = whole + piece("b", .nan, 1)
        #expect(refused(folder)?.kind == .malformed)
    }

    @Test func `merges with single bytes as a way out become scores`() throws {
        var folder = decoder
        folder[text: "tokenizer.json"] = #"""
            {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace"}]},
             "model": {"type": "BPE", "byte_fallback": true, "vocab": {"<unk>": 0, "<0x0A>": 1, "▁": 2, "a": 3, "b": 4,
              "ab": 5, "▁ab": 6, "▁a": 7}, "merges": ["a b", "▁ ab", "▁a b", "▁ a"]}}
            """#
        let data = try metadata(folder)
        #expect(data["tokenizer.ggml.model"] == .string("llama"))
        #expect(data["tokenizer.ggml.scores"]?.array?.numbers?[2...7] == [-4, -4, -4, 0, -1, -3])
        #expect(kinds(data)?.prefix(3) == [3, 6, 1])
        #expect(data["tokenizer.ggml.add_space_prefix"] == .bool(true))
    }

    @Test func `several templates keep their names`() throws {
        let folder = try decoder.changing("tokenizer_config.json") { file in
            file["chat_template"] = [
                ["name": "tool_use", "template": "tools"], ["name": "default", "template": "plain"],
                ["name": "../x", "template": "odd"],
            ]
        }
        let data = try metadata(folder)
        #expect(data["tokenizer.chat_template"] == .string("plain"))
        #expect(data["tokenizer.chat_template.tool_use"] == .string("tools"))
        #expect(!data.keys.contains { $0.contains("..") })
    }
}
