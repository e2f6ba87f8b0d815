import Testing

@testable import Inference

@Suite struct ThinkingTrackerTests {
    private func take(_ tracker: inout ThinkingTracker, _ pieces: [String]) -> [ThinkingTracker.Verdict] {
        pieces.map { tracker.take(Array($0.utf8)) }
    }

    @Test(arguments: [
        ["<think>", "a", "</think>"], ["<th", "ink>", "a</th", "ink>"], [" \n", "<think>a", "b</think>c"],
        Array("<think>a</think>").map(String.init),
    ]) func `tags are found however they are cut`(pieces: [String]) {
        var tracker = ThinkingTracker(.tags(isOpen: false))
        let verdicts = take(&tracker, pieces)
        #expect(verdicts.last == .ended)
        #expect(verdicts.dropLast().allSatisfy { $0 == .goesOn })
        #expect(!tracker.isOpen)
    }

    @Test(arguments: ["Hello <think>", "x", "<thinner", "</think>"]) func `thinking begins at the beginning or never`(
        text: String
    ) {
        var tracker = ThinkingTracker(.tags(isOpen: false, max: 1))
        _ = take(&tracker, [text])
        #expect(take(&tracker, ["<think>", "a", "b"]) == [.goesOn, .goesOn, .goesOn])
        #expect(!tracker.isOpen)
        #expect(tracker.count == 0)
    }

    @Test func `the budget is told once, and the end may take longer`() {
        var tracker = ThinkingTracker(.tags(isOpen: true, max: 2))
        #expect(tracker.isOpen)
        let end = ThinkingPlan.tags(isOpen: true).endTokens
        #expect(take(&tracker, ["a", "b", "\n", "</th"]) == [.goesOn, .isOverBudget(end), .goesOn, .goesOn])
        #expect(tracker.isOpen)
        #expect(take(&tracker, ["ink>", "x"]) == [.ended, .goesOn])
        #expect(tracker.count == 5)
    }

    @Test func `the message comes before the end that the budget forces, and before no other`() {
        var plan = ThinkingPlan.tags(isOpen: true, max: 1)
        plan.messageTokens = [33, 34]
        var tracker = ThinkingTracker(plan)
        #expect(take(&tracker, ["a"]) == [.isOverBudget([33, 34] + plan.endTokens)])
        var other = ThinkingTracker(plan)
        #expect(other.end() == plan.endTokens)
    }

    @Test func `thinking that ends with the token of its budget needs no help`() {
        var tracker = ThinkingTracker(.tags(isOpen: true, max: 2))
        #expect(take(&tracker, ["a", "</think>"]) == [.goesOn, .ended])
    }

    @Test func `a closing tag is found after any amount of thinking`() {
        var tracker = ThinkingTracker(.tags(isOpen: true))
        for _ in 0..<500 { #expect(take(&tracker, ["some more of it </thin "]) == [.goesOn]) }
        #expect(take(&tracker, ["</t", "hink", ">"]) == [.goesOn, .goesOn, .ended])
    }

    @Test func `without a plan nothing is thinking`() {
        var tracker = ThinkingTracker(nil)
        #expect(take(&tracker, ["<think>", "a"]) == [.goesOn, .goesOn])
        #expect(!tracker.isOpen)
        #expect(tracker.end() == nil)
    }

    @Test func `open thinking can be ended from outside, once`() {
        var tracker = ThinkingTracker(.tags(isOpen: true))
        #expect(tracker.end() != nil)
        #expect(tracker.end() == nil)
        #expect(take(&tracker, ["</think>"]) == [.ended])
    }
}
