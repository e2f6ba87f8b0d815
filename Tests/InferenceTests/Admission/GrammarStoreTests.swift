import ChatFormats
import Grammar
import Testing
import Vocabulary

@testable import Inference

@Suite struct GrammarStoreTests {
    private let store = GrammarStore()

    private func ask(_ text: String) throws {
        var request = GenerationRequest(
            id: try #require(RequestID("req_1")), model: ModelID("toy"), prompt: .text("x"))
        request.constraint = .regularExpression(text)
        let constraint = try store.constraint(for: request, tools: [], format: .generic, opening: .undecided)
        if case .answer = constraint { return }
        Issue.record("no grammar for \(text)")
    }

    @Test func `the grammars that were used last are kept`() throws {
        for number in 0..<GrammarStore.entriesMax { try ask("a\(number)") }
        try ask("a0")
        try ask("one more")
        #expect(store.keys.count == GrammarStore.entriesMax)
        #expect(store.keys.contains("regex a0"))
        #expect(!store.keys.contains("regex a1"))
        #expect(store.keys.contains("regex one more"))
    }

    @Test func `what cannot be compiled is not kept`() throws {
        #expect(throws: ServiceError.self) { try ask("(") }
        #expect(store.keys.isEmpty)
    }
}
