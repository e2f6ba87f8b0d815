import Access
import Testing
import Vocabulary

@Suite struct InputRuleTests {
    private func isTaken(_ text: String, by rule: InputRule) -> Bool {
        do throws(ServiceError) {
            try rule.check(text, "prompt")
            return true
        } catch {
            return false
        }
    }

    @Test func `without a rule everything is taken`() throws {
        let rule = try InputRule(charactersMax: nil, allowed: [], blocked: [])
        #expect(rule.isEmpty)
        #expect(isTaken("'; DROP TABLE users; -- <script>\u{0}", by: rule))
    }

    @Test func `characters are counted, not bytes`() throws {
        let rule = try InputRule(charactersMax: 3, allowed: [], blocked: [])
        #expect(isTaken("äöü", by: rule) && isTaken("👨‍👩‍👧‍👦", by: rule))
        #expect(!isTaken("äöüß", by: rule))
    }

    @Test func `one allowed expression must match the whole text`() throws {
        let rule = try InputRule(charactersMax: nil, allowed: ["[a-z ]*", "[0-9]+"], blocked: [])
        #expect(isTaken("all letters", by: rule) && isTaken("123", by: rule) && isTaken("", by: rule))
        #expect(!isTaken("letters 123", by: rule) && !isTaken("123\n", by: rule))
    }

    @Test func `no blocked expression may match anywhere`() throws {
        let rule = try InputRule(charactersMax: nil, allowed: [], blocked: ["(?i)<script", "(?i)drop\\s+table"])
        #expect(isTaken("a script about tables", by: rule))
        #expect(!isTaken("x <SCRIPT>", by: rule) && !isTaken("please DROP\nTABLE x", by: rule))
    }

    @Test func `a refusal repeats nothing of the text`() throws {
        let rule = try InputRule(charactersMax: nil, allowed: [], blocked: ["secret"])
        let error = #expect(throws: ServiceError.self) { try rule.check("my secret is 42", "messages[0].content") }
        #expect(error?.parameter == "messages[0].content")
        #expect(error?.debugDescription.contains("42") == false)
    }

    @Test func `what is no expression is no rule`() {
        #expect(throws: InputRule.BadPattern.self) { try InputRule(charactersMax: nil, allowed: ["("], blocked: []) }
    }
}
