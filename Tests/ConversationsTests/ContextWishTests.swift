import Conversations
import JSONText
import Testing

@Suite struct ContextWishTests {
    private func wish(_ text: String) throws -> ContextWish { try ContextWish(JSONField(try JSONValue.parse(text))) }

    @Test func `what is not said holds as it was`() throws {
        let user = try wish(#"{"mode": "truncate", "budget_tokens": 3000, "cut_to": 0.5}"#)
        let conversation = try wish(#"{"mode": "off", "budget_tokens": null}"#)
        let policy = ContextPolicy().applying(user).applying(conversation)
        #expect(policy.mode == .off && policy.budgetTokens == 3000 && policy.cutTo == 0.5)
        #expect(try ContextWish(JSONField(.object(user.json))) == user)
    }

    @Test(arguments: [
        #"{"mode": "sometimes"}"#, #"{"budget_tokens": 3}"#, #"{"cut_to": 1.5}"#, #"{"system_tokens": "many"}"#,
    ]) func `nonsense is refused`(text: String) {
        #expect(throws: JSONFieldError.self) { try wish(text) }
    }

    @Test func `the limit is what the answer leaves of the window, or the budget`() {
        var policy = ContextPolicy()
        #expect(policy.limit(window: nil, answerMax: nil) == nil)
        #expect(policy.limit(window: 8192, answerMax: nil) == 8192 - 1024)
        #expect(policy.limit(window: 1000, answerMax: nil) == 750)
        #expect(policy.limit(window: 8192, answerMax: 200) == 7992)
        #expect(policy.limit(window: 8192, answerMax: 8000) == 8192 - 2048, "an answer takes a quarter at most")
        policy.budgetTokens = 500
        #expect(policy.limit(window: 8192, answerMax: nil) == 500)
        #expect(policy.limit(window: nil, answerMax: nil) == 500)
        policy.answerTokens = 1 << 20
        #expect(policy.limit(window: 8192, answerMax: nil) == ContextPolicy.limitMin)
    }

    @Test func `settings are patched member by member, and the server's own members are checked`() throws {
        let settings = UserSettings(document: ["a": ["b": 1, "c": 2], "d": 3])
        #expect(
            settings.merging(["a": ["b": .null, "e": 4], "d": .null, "f": [1]]) == ["a": ["c": 2, "e": 4], "f": [1]])
        #expect(throws: JSONFieldError.self) {
            try UserSettings.checked(JSONField(["context": ["mode": "sometimes"]]))
        }
        #expect(throws: JSONFieldError.self) { try UserSettings.checked(JSONField(["titles": "no"])) }
        #expect(throws: JSONFieldError.self) {
            try UserSettings.checked(JSONField(["x": .string(String(repeating: "x", count: UserSettings.bytesMax))]))
        }
        #expect(try UserSettings.checked(JSONField(["titles": false, "mine": [1]])).count == 2)
    }

    @Test func `a writer that is silent for long has ended, whatever its clock says`() {
        var watch = WriterWatch(own: "me")
        #expect(watch.ended(["me": 1, "a": 5, "b": 0, "c": 3], at: .seconds(0)) { $0 == "c" } == ["c"])
        #expect(watch.ended(["me": 1, "a": 6, "b": 0], at: .seconds(20)) { _ in false } == [])
        #expect(watch.ended(["me": 1, "a": 7, "b": 0], at: .seconds(31)) { _ in false } == ["b"])
        #expect(watch.ended(["me": 1, "a": 7], at: .seconds(60)) { _ in false } == [])
        #expect(watch.ended(["me": 1, "a": 7], at: .seconds(62)) { _ in false } == ["a"])
    }
}
