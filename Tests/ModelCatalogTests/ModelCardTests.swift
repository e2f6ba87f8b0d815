import Testing

@testable import ModelCatalog

@Suite struct ModelCardTests {
    @Test(
        arguments: [
            ("---\nlicense: mit\n---\n# x", "mit"), ("---\r\nlicense: 'mit'\r\n---\r\n", "mit"),
            ("---\nlicense: other\nlicense_name: llama3.2\n---", "llama3.2"), ("---\n---\nlicense: mit", nil),
            ("---\nlicense:\n- mit\n---", nil), ("---\nlicense_link: x\nlicense:   \"\"  \n---", nil),
        ] as [(String, String?)])
    func `a card tells its licence`(text: String, license: String?) throws {
        let card = try #require(ModelCard(text))
        #expect(card.text == text && card.license == license)
    }

    @Test(arguments: ["", "# Notes", "---", "---\nlicense: mit", " ---\n---", "text\n---\nlicense: mit\n---"])
    func `notes without fields are no card`(text: String) {
        #expect(ModelCard(text) == nil)
    }

    @Test func `what the file says itself counts more`() throws {
        var model = FoundModel(name: try ModelName("a"), origin: .folder("/"), files: [], metadata: ModelMetadata())
        model.metadata.license = "from the file"
        ModelCard("---\nlicense: mit\n---")?.fill(&model)
        #expect(model.metadata.license == "from the file" && model.texts.card != nil)
        model.metadata.license = nil
        ModelCard("---\nlicense: mit\n---")?.fill(&model)
        #expect(model.metadata.license == "mit")
    }
}
