import ModelHub
import Testing

@Suite struct HubReferenceTests {
    @Test(arguments: [
        ("bartowski/Qwen2.5-7B-GGUF", "bartowski/Qwen2.5-7B-GGUF", "main", nil as String?),
        ("bartowski/Qwen2.5-7B-GGUF:Q4_K_M", "bartowski/Qwen2.5-7B-GGUF", "main", "Q4_K_M"),
        ("hf.co/a/b:q8_0", "a/b", "main", "q8_0"),
        ("https://huggingface.co/a/b/", "a/b", "main", nil),
        ("gpt2", "gpt2", "main", nil),
        ("a/b@refs/pr/1:model.gguf", "a/b", "refs/pr/1", "model.gguf"),
        ("a/b@v1.0", "a/b", "v1.0", nil),
        ("a/b:sub/model-00001-of-00002.gguf", "a/b", "main", "sub/model-00001-of-00002.gguf"),
    ])
    func `what people write is read`(_ text: String, _ name: String, _ revision: String, _ selector: String?) throws {
        let reference = try HubReference.parse(text)
        #expect(reference.repository == HubRepository(name, revision: revision))
        #expect(reference.selector == selector)
        #expect(try HubReference.parse(reference.description) == reference)
    }

    @Test(arguments: [
        "", "/", "a/", "/b", "a/b/c", "../b", "a/..", "a/.b", "a/b.", "a b/c", "a--b/c", "a/b@", "a/b:", "a/b@../x",
        "a/b@-x", "a/b@x//y", "a/b:../x", "a/b:/etc/passwd", "a/b:x\u{0}y", "a/\u{E9}",
        String(repeating: "a", count: 97) + "/b", String(repeating: "a", count: 2000),
    ])
    func `what names no repository is refused`(_ text: String) {
        #expect(throws: HubError.self) { try HubReference.parse(text) }
    }

    @Test func `a refusal says what may be written`() throws {
        let error = try #require(throws: HubError.self) { try HubReference.parse("a/b/c") }
        #expect(error.code == .invalidReference)
        #expect(error.hint?.contains("owner/name:Q4_K_M") == true)
    }

    @Test func `each revision has a folder of its own`() {
        #expect(HubRepository("a/b").folder == "a/b")
        #expect(HubRepository("a/b", revision: "refs/pr/1").folder == "a/b@refs+pr+1")
    }
}

@Suite struct HubPathTests {
    @Test(arguments: ["model.gguf", "sub/model.gguf", "1_Pooling/config.json", "ü/ö.txt", ".gitattributes", "a..b"])
    func `paths below the repository are taken`(_ path: String) throws { try HubPath.check(path) }

    @Test(arguments: [
        "", "../x", "a/../../x", "..", ".", "./x", "/etc/passwd", "a//b", "a/", "a\\..\\b", "x\u{0}.gguf", "x\ny",
        "x\u{7F}",
        String(repeating: "n", count: 233), String(repeating: "long/", count: 300) + "x", "x.nexus-part",
        "x.nexus-ledger",
    ])
    func `paths that leave it, or that no file should have, are refused`(_ path: String) throws {
        let error = try #require(throws: HubError.self) { try HubPath.check(path) }
        #expect(error.code == .unsafeName)
        #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 })
    }
}
