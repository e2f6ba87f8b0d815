import Testing

@testable import Inference

@Suite struct CheckpointPolicyTests {
    @Test func `a prompt leaves its state where it parts and before its last token`() {
        let policy = CheckpointPolicy()
        #expect(policy.stops(after: 0, branch: 40, end: 99) == [40, 99])
        #expect(policy.stops(after: 0, branch: 0, end: 99) == [99])
        #expect(policy.stops(after: 30, branch: 40, end: 99) == [99], "a short run is computed again")
        #expect(policy.stops(after: 90, branch: 95, end: 99) == [])
    }

    @Test func `states on the way keep their distance, the last one of a prompt is always left`() {
        let policy = CheckpointPolicy(tokensMin: 100)
        #expect(policy.stops(after: 0, branch: 99, end: 150) == [150])
        #expect(policy.stops(after: 0, branch: 100, end: 150) == [100, 150])
        #expect(policy.pieceTokens == 1_024)
        #expect(CheckpointPolicy(tokensMin: 5_000).pieceTokens == 5_000)
        #expect(CheckpointPolicy(tokensMin: 50, tokensEvery: 256).pieceTokens == 256)
        #expect(CheckpointPolicy(tokensEvery: nil).pieceTokens == .max)
    }

    @Test func `too many states lose those that lead to one end only`() {
        func state(_ id: UInt64, branches: Int = 1, hits: Int = 0) -> CheckpointPolicy.State {
            .init(id: id, end: Int(id) * 100, branches: branches, hits: hits)
        }
        let states = [state(4), state(3, hits: 2), state(2), state(1, branches: 3)]
        #expect(CheckpointPolicy().surplus(states) == [])
        #expect(CheckpointPolicy(statesMax: 4).surplus(states) == [])
        #expect(CheckpointPolicy(statesMax: 3).surplus(states) == [2])
        #expect(CheckpointPolicy(statesMax: 1).surplus(states) == [2, 4, 3])
        #expect(CheckpointPolicy(statesMax: 0).surplus(states) == [2, 4, 3, 1])
    }
}
