import Testing
import Vocabulary

@testable import Inference

@Suite struct ShiftPolicyTests {
    private func policy(
        _ shift: ContextShift = ContextShift(), over fallback: ContextShift = ContextShift(), prompt: Int = 50,
        hasBegin: Bool = false
    ) -> ShiftPolicy {
        ShiftPolicy(shift, over: fallback, promptCount: prompt, hasBegin: hasBegin, contextTokens: 100)
    }

    @Test func `half of what does not stay goes`() {
        #expect(policy().dropped(of: 100) == 0..<50)
        #expect(policy(hasBegin: true).dropped(of: 100) == 1..<50)
        #expect(policy(ContextShift(kept: .tokens(20))).dropped(of: 100) == 20..<60)
        #expect(policy(ContextShift(kept: .tokens(20)), hasBegin: true).dropped(of: 100) == 21..<60)
        #expect(policy(ContextShift(kept: .prompt)).dropped(of: 100) == 50..<75)
    }

    @Test func `the server says what stays where the request does not`() {
        #expect(policy(over: ContextShift(kept: .prompt)).dropped(of: 100) == 50..<75)
        #expect(policy(ContextShift(kept: .tokens(0)), over: ContextShift(kept: .prompt)).dropped(of: 100) == 0..<50)
    }

    @Test func `something can always go, and the last position never does`() {
        #expect(policy(ContextShift(kept: .tokens(.max))).dropped(of: 100) == 96..<98)
        #expect(policy(ContextShift(kept: .prompt), prompt: 99).dropped(of: 100) == 96..<98)
        #expect(policy(ContextShift(discarded: .max)).dropped(of: 100) == 0..<99)
        #expect(policy(ContextShift(discarded: 10)).dropped(of: 100) == 0..<10)
        #expect(policy(ContextShift(kept: .tokens(99))).dropped(of: 97) == nil)
    }
}
