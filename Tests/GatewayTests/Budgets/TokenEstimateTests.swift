import Gateway
import JSONText
import Testing
import Vocabulary

@Suite struct TokenEstimateTests {
    @Test func `the most is at least a token for each byte, and what is likely is less`() {
        let text = String(repeating: "Wörter ", count: 100)
        let estimate = TokenEstimate(.chat([ChatMessage(.user, text)], tools: []))
        #expect(estimate.most >= Int64(text.utf8.count))
        #expect(estimate.likely < estimate.most && estimate.likely >= Int64(text.utf8.count) / 4)
        #expect(TokenEstimate(.tokens([1, 2, 3])).likely == 3)
        #expect(TokenEstimate([.text("ab"), .tokens([1, 2])]).most >= 4)
    }

    @Test func `tools and calls count`() {
        let bare = TokenEstimate(.chat([ChatMessage(.user, "x")], tools: []))
        let tool = ToolDefinition(name: "f", definition: ["type": "function", "function": ["name": "find_weather"]])
        #expect(TokenEstimate(.chat([ChatMessage(.user, "x")], tools: [tool])).most >= bare.most + 30)
    }
}
