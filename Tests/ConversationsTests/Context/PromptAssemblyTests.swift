import JSONText
import Testing
import Vocabulary

@testable import Conversations

@Suite struct PromptAssemblyTests {
    private func branch(_ texts: [(ChatMessage.Role, String)]) -> [Message] {
        let conversation = Samples.branched.0.id
        return texts.enumerated().map { index, text in
            Message(
                id: Samples.id(index + 1), conversation: conversation, parent: index == 0 ? nil : Samples.id(index),
                role: text.0, content: .string(text.1), created: Samples.moment(index + 1))
        }
    }

    private func plan(_ actions: [ContextDecision.Action]) -> ContextPlan {
        ContextPlan(decisions: actions.map { ContextDecision($0, .fits) }, total: 0, totalUncut: 0)
    }

    private func shown(_ messages: [JSONValue]) -> [String] {
        messages.map { "\($0["role"]?.string ?? ""): \($0["content"]?.string ?? "")" }
    }

    @Test func `without a plan a branch is a chat as it is, and notes stand behind their message`() {
        let branch = branch([(.user, "a"), (.assistant, "b"), (.user, "c")])
        #expect(shown(PromptAssembly(branch).messages) == ["user: a", "assistant: b", "user: c"])
        let noted = PromptAssembly(branch, notes: [branch[0].id: "likes tea"]).messages
        #expect(shown(noted) == ["user: a\n\nlikes tea", "assistant: b", "user: c"])
    }

    @Test func `a summary stands at the end of the system prompt, or makes one`() {
        let branch = branch([(.system, "Be kind."), (.user, "a"), (.assistant, "b"), (.user, "c")])
        let plan = plan([.keep, .summarise, .summarise, .keep])
        #expect(
            shown(PromptAssembly(branch, plan: plan, summary: "A and B.").messages)
                == ["system: Be kind.\n\nSummary of the earlier conversation:\nA and B.", "user: c"])
        let without = PromptAssembly(
            Array(branch.dropFirst()), plan: self.plan([.summarise, .summarise, .keep]), summary: "A and B.")
        #expect(
            shown(without.messages) == ["system: Summary of the earlier conversation:\nA and B.", "user: c"])
    }

    @Test func `where messages are missing the roles still take turns`() {
        let texts: [(ChatMessage.Role, String)] = [
            (.user, "a"), (.assistant, "b"), (.user, "c"), (.assistant, "d"), (.user, "e"),
        ]
        let twoQuestions = PromptAssembly(branch(texts), plan: plan([.keep, .drop, .drop, .drop, .keep])).messages
        #expect(shown(twoQuestions) == ["user: a\n\ne"])
        let answerFirst = PromptAssembly(branch(texts), plan: plan([.drop, .keep, .drop, .drop, .keep])).messages
        #expect(shown(answerFirst) == ["user: [Earlier messages are left out.]", "assistant: b", "user: e"])
        // What a user has written so stays so.
        let own = branch([(.user, "a"), (.user, "b")])
        #expect(shown(PromptAssembly(own, plan: plan([.keep, .keep])).messages) == ["user: a", "user: b"])
    }

    @Test func `a text that is too large keeps its head and its tail, and says what is missing`() {
        let words = (0..<5000).map { "word\($0)" }.joined(separator: " ")
        let short = TextShortening.shorten(words, to: 500, of: 10_000)
        #expect(short.hasPrefix("word0 word1 ") && short.hasSuffix(" word4998 word4999"))
        #expect(short.contains("characters left out …]"))
        #expect(Double(short.utf8.count) < Double(words.utf8.count) * 0.05 + 60)
        #expect(short == TextShortening.shorten(words, to: 500, of: 10_000))
        #expect(TextShortening.shorten(words, to: 10_000, of: 10_000) == words)
        #expect(TextShortening.shorten("", to: 1, of: 2) == "")
        let one = String(repeating: "x", count: 1000)
        #expect(TextShortening.shorten(one, to: 1, of: 1000) == "\n[… 1000 characters left out …]\n")
        #expect(TextShortening.shorten(String(repeating: "👩‍👩‍👧", count: 400), to: 40, of: 4000).unicodeScalars.count < 100)
    }

    @Test func `the system prompt of the settings stands in front, wherever the branch began`() {
        let (conversation, messages) = Samples.branched
        var members: JSONObject = ["system": "Be brief.", "temperature": 0]
        let made = SystemPrompt.apply(to: messages, taking: &members, in: conversation)
        #expect(members == ["temperature": 0])
        #expect(made.count == 4 && made[0].role == .system && made[0].text == "Be brief.")
        var again: JSONObject = ["system": "Be long."]
        let replaced = SystemPrompt.apply(to: made, taking: &again, in: conversation)
        #expect(replaced.map(\.text) == ["Be long."] + messages.map(\.text))
        var none: JSONObject = ["system": ""]
        #expect(SystemPrompt.apply(to: made, taking: &none, in: conversation) == messages)
        var nothing = JSONObject()
        #expect(SystemPrompt.apply(to: made, taking: &nothing, in: conversation) == made)
    }

    @Test func `a summary is asked for of texts that fit`() {
        let branch = branch([(.user, String(repeating: "long ", count: 10_000)), (.assistant, "short answer")])
        let prompt = SummaryPrompt(branch, previous: "Before.", words: 100, bytesMax: 2000)
        let text = prompt.messages[1].text
        #expect(text.utf8.count < 2500)
        #expect(text.contains("Before.") && text.contains("short answer") && text.contains("100 words"))
    }

    @Test func `titles are one clean line`() {
        #expect(ConversationTitle.cleaned("\n\n  \"Tea in the Garden.\"\nmore") == "Tea in the Garden")
        #expect(ConversationTitle.cleaned("Title: **Tee im Garten**") == "Tee im Garten")
        #expect(ConversationTitle.cleaned("…") == nil)
        #expect(ConversationTitle.cleaned("") == nil)
        #expect(ConversationTitle.cleaned("「お茶の話」") == "お茶の話")
        let long = ConversationTitle.cleaned(String(repeating: "word ", count: 60)) ?? ""
        #expect(long.count <= ConversationTitle.lengthMax && long.hasSuffix("…"))
        #expect(
            ConversationTitle.firstWords(of: "  How do I\tbrew\ntea for ten people at once? ")
                == "How do I brew tea for ten people")
        #expect(ConversationTitle.firstWords(of: " \u{1}\n") == "")
    }
}
