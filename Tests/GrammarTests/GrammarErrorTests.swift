import Grammar
import Testing

@Suite struct GrammarErrorTests {
    @Test func `an error says where`() {
        #expect(
            GrammarError(.syntax, "A rule is missing.", place: "line 1").description == "A rule is missing. (at line 1)"
        )
    }
}
