import Access
import JSONText
import Synchronization
import Testing

@testable import Platform

@Suite struct RemoteKeysTests {
    /// An issuer whose clock and answers the test turns.
    private final class Issuer: Sendable {
        struct State {
            var now: Int64 = 1_000
            var ids = ["a"]
            var isDown = false
            var questions = 0
        }
        let state = Mutex(State())

        func keys() -> RemoteKeys {
            RemoteKeys(now: { self.state.withLock(\.now) }) { () async throws(SignInError) in
                await Task.yield()
                let (ids, isDown) = self.state.withLock { state in
                    state.questions += 1
                    return (state.ids, state.isDown)
                }
                guard !isDown else { throw SignInError(.providerFailed, detail: "down") }
                return VerificationKeys(
                    ids.map { VerificationKey(id: $0, material: .ed25519([UInt8](repeating: 1, count: 32))) }
                ).json.bytes
            }
        }

        func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
        var questions: Int { state.withLock(\.questions) }
    }

    @Test func `keys are asked for once an hour, however many want them`() async throws {
        let issuer = Issuer()
        let keys = issuer.keys()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await keys.keys(having: "a") } }
            try await group.waitForAll()
        }
        #expect(issuer.questions == 1)
        issuer.change { $0.now += RemoteKeys.keptFor - 1 }
        _ = try await keys.keys(having: nil)
        #expect(issuer.questions == 1)
        issuer.change { $0.now += 1 }
        _ = try await keys.keys(having: "a")
        #expect(issuer.questions == 2)
    }

    @Test func `a key that is new is found at once, and made-up ones do not make us ask without end`() async throws {
        let issuer = Issuer()
        let keys = issuer.keys()
        _ = try await keys.keys(having: "a")
        issuer.change { $0.ids = ["b", "a"] }
        #expect(try await keys.keys(having: "b").keys.count == 2)
        for number in 0..<100 { _ = try await keys.keys(having: "made up \(number)") }
        #expect(issuer.questions == RemoteKeys.questionsMax)
        issuer.change { $0.now += RemoteKeys.window }
        _ = try await keys.keys(having: "made up")
        #expect(issuer.questions == RemoteKeys.questionsMax + 1)
    }

    @Test func `an issuer that is down is believed for a day, and not for ever`() async throws {
        let issuer = Issuer()
        let keys = issuer.keys()
        issuer.change { $0.isDown = true }
        await #expect(throws: SignInError.self) { _ = try await keys.keys(having: "a") }
        issuer.change { $0.isDown = false }
        _ = try await keys.keys(having: "a")
        issuer.change { state in
            state.isDown = true
            state.now += RemoteKeys.keptFor
        }
        #expect(try await keys.keys(having: "a").keys.count == 1)
        issuer.change { $0.now += RemoteKeys.keptAtMost }
        await #expect(throws: SignInError.self) { _ = try await keys.keys(having: "a") }
    }
}
