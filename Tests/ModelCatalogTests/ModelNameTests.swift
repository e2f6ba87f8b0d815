import ModelCatalog
import TestRandomness
import Testing

@Suite struct ModelNameTests {
    @Test(
        arguments: [
            ("qwen2.5", "qwen2.5", "latest", "qwen2.5"), ("qwen2.5:0.5b", "qwen2.5", "0.5b", "qwen2.5:0.5b"),
            ("unsloth/Qwen3-4B-GGUF:Q4_K_M", "unsloth/Qwen3-4B-GGUF", "Q4_K_M", "unsloth/Qwen3-4B-GGUF:Q4_K_M"),
            ("a:latest", "a", "latest", "a"), ("_x/y@v1+z", "_x/y@v1+z", "latest", "_x/y@v1+z"),
        ])
    func `names as people write them`(text: String, base: String, tag: String, written: String) throws {
        let name = try ModelName(text)
        #expect(name.base == base && name.tag == tag && name.description == written)
        #expect(try ModelName(name.description) == name)
    }

    @Test(
        arguments: [
            "", ":", ":tag", "a:", "a:b:c", "/a", "a/", "a//b", "..", "a/..", "../a", ".a", "a/.b", "-a", "a:-b",
            "a:.b",
            "a b", "a\nb", "a\0b", "a\\b", "a%2Fb", "model\u{301}", "m\u{43E}del", "ａ", "a\u{200B}b", "a\u{202E}b",
            "a/b/c/d/e", "a:b/c", String(repeating: "x", count: 161), "a:" + String(repeating: "x", count: 81),
        ])
    func `what is no name is refused with the reason`(text: String) {
        let error = #expect(throws: ModelNameError.self) { try ModelName(text) }
        #expect(error?.problem.isEmpty == false && error?.hint.contains("ASCII") == true)
    }

    @Test func `a character that looks like another is named by its number`() {
        let error = #expect(throws: ModelNameError.self) { try ModelName("m\u{43E}del") }
        #expect(error?.problem.contains("U+043E") == true)
    }

    @Test func `whatever a file is called, a name is made of it`() throws {
        var random = SeededRandom(seed: 5)
        let characters = Array("aZ09-._/+@: \u{43E}é\u{0}\n%$😀\\")
        for _ in 0..<5_000 {
            let length = Int.random(in: 0...300, using: &random)
            let text = String(
                (0..<length).map { _ in characters[Int.random(in: 0..<characters.count, using: &random)] })
            let name = ModelName(cleaning: text, tag: String(text.suffix(100)))
            #expect(try ModelName("\(name.base):\(name.tag)") == name, "\(text.debugDescription)")
        }
        #expect(ModelName(cleaning: "").description == "model")
        #expect(ModelName(cleaning: "My Model (1)", tag: "Q4_K_M").description == "My-Model--1-:Q4_K_M")
        #expect(ModelName(cleaning: "../../etc/passwd").description == "etc/passwd")
    }

    @Test(
        arguments: [
            ("Qwen2.5-0.5B-Instruct-Q4_K_M.gguf", "Qwen2.5-0.5B-Instruct", "Q4_K_M"),
            ("llama-2-7b.Q5_0.gguf", "llama-2-7b", "Q5_0"), ("x-BF16.gguf", "x", "BF16"), ("x-f16.GGUF", "x", "f16"),
            ("Kimi-UD-IQ2_XXS.gguf", "Kimi", "UD-IQ2_XXS"), ("tiny-chat.gguf", "tiny-chat", nil),
            ("Q4_K_M.gguf", "Q4_K_M", nil), ("a-Q4.gguf", "a-Q4", nil), ("a-QA_K.gguf", "a-QA_K", nil),
            ("v1.5.gguf", "v1.5", nil), ("big-Q8_0-00002-of-00005.gguf", "big", "Q8_0"),
        ] as [(String, String, String?)])
    func `what the names of files say`(file: String, base: String, quantization: String?) {
        let naming = FileNaming(file)
        #expect(naming.base == base && naming.quantization == quantization)
    }

    @Test func `parts are counted from one in names and from zero here`() {
        #expect(FileNaming("big-00002-of-00005.gguf").part == FileNaming.Part(count: 5, index: 1))
        for wrong in ["big-00000-of-00005.gguf", "big-00006-of-00005.gguf", "big-2-of-5.gguf", "00001-of-00002.gguf"] {
            #expect(FileNaming(wrong).part == nil, "\(wrong)")
        }
    }
}
