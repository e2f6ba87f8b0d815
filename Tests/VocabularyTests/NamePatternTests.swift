import Testing
import Vocabulary

@Suite struct NamePatternTests {
    @Test(arguments: [
        ("qwen", "qwen", true), ("qwen", "qwe", false), ("qwen", "*", true), ("", "*", true), ("", "", true),
        ("qwen3-8b", "qwen*", true), ("my-qwen", "qwen*", false), ("my-coder", "*-coder", true),
        ("a-coder-b", "*-coder", false), ("aXbXc", "a*b*c", true), ("abab", "*ab", true), ("aab", "a*ab", true),
        ("ab", "a*ab", false), ("a*b", "a*b", true), ("Qwen", "qwen", false), ("e\u{301}", "\u{e9}", false),
    ])
    func `a pattern fits whole names`(name: String, pattern: String, fits: Bool) {
        #expect(NamePattern.matches(name, pattern) == fits)
    }

    @Test func `both lists must have a model`() {
        var caller = Principal.open
        #expect(caller.allows(model: "anything"))
        caller.models = ["tiny-*"]
        caller.userModels = ["*-chat"]
        #expect(caller.allows(model: "tiny-chat"))
        #expect(!caller.allows(model: "tiny-embed"))
        #expect(!caller.allows(model: "big-chat"))
        caller.models = []
        #expect(!caller.allows(model: "tiny-chat"))
    }
}
