import Telemetry
import Testing
import Vocabulary

@testable import Access

@Suite(.timeLimit(.minutes(1))) struct SecondFactorTests {
    /// Bob with a second factor: his recovery codes, and what shows his codes.
    private func prepare(_ bench: Bench) async throws -> (Accounts, User, recovery: [Redacted<String>]) {
        let (accounts, _, bob) = try await bench.openWithPeople()
        let caller = try accounts.caller(try await accounts.enter("bob"))
        _ = try await accounts.offerSecondFactor(to: caller)
        let codes = try await accounts.confirmSecondFactor(
            of: caller, code: show(bench, bob), client: Bench.client)
        return (accounts, bob, codes)
    }

    private func show(_ bench: Bench, _ user: User) -> String {
        let secret = bench.store.kept.users[user.id]?.secondFactor?.secret.revealed ?? []
        return OneTimeCode.code(secret, step: OneTimeCode.step(at: bench.clock.now.nanoseconds / 1_000_000_000))
    }

    @Test func `the password alone is not enough, and says so only when it is right`() async throws {
        let bench = Bench()
        let (accounts, bob, _) = try await prepare(bench)
        #expect(await code { _ = try await accounts.enter("bob") } == .secondFactorRequired)
        #expect(
            await code {
                _ = try await accounts.signIn(
                    SignInAttempt(name: "bob", password: Redacted("wrong horse battery"), client: Bench.client))
            } == .unauthenticated)
        bench.clock.advance(.seconds(30))
        #expect(await code { _ = try await accounts.enter("bob", code: show(bench, bob)) } == nil)
    }

    @Test func `a code counts once, the confirming one included`() async throws {
        let bench = Bench()
        let (accounts, bob, _) = try await prepare(bench)
        #expect(await code { _ = try await accounts.enter("bob", code: show(bench, bob)) } == .unauthenticated)
        bench.clock.advance(.seconds(30))
        let shown = show(bench, bob)
        #expect(await code { _ = try await accounts.enter("bob", code: shown) } == nil)
        #expect(await code { _ = try await accounts.enter("bob", code: shown) } == .unauthenticated)
    }

    @Test func `of many who use one code at once, one gets in`() async throws {
        let bench = Bench()
        let (accounts, bob, _) = try await prepare(bench)
        bench.clock.advance(.seconds(30))
        let shown = show(bench, bob)
        let count = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask {
                    await code { _ = try await accounts.enter("bob", code: shown, from: "address\(number)") } == nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(count == 1)
    }

    @Test func `guessing codes is throttled, and asking without one does not reset it`() async throws {
        let bench = Bench()
        let (accounts, _, _) = try await prepare(bench)
        var codes: [ServiceError.Code?] = []
        for _ in 0..<7 {
            codes.append(await code { _ = try await accounts.enter("bob", code: "000000") })
            _ = await code { _ = try await accounts.enter("bob") }
        }
        #expect(codes.prefix(6).allSatisfy { $0 == .unauthenticated })
        #expect(codes[6] == .rateLimited)
    }

    @Test func `each recovery code counts once`() async throws {
        let bench = Bench()
        let (accounts, _, recovery) = try await prepare(bench)
        #expect(Set(recovery.map(\.revealed)).count == 10)
        let first = recovery[0].revealed
        #expect(await code { _ = try await accounts.enter("bob", code: first.uppercased()) } == nil)
        #expect(await code { _ = try await accounts.enter("bob", code: first) } == .unauthenticated)
        #expect(await code { _ = try await accounts.enter("bob", code: recovery[1].revealed) } == nil)
    }

    @Test func `it counts from the first code on, and is taken away with one`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let caller = try accounts.caller(try await accounts.enter("bob"))
        _ = try await accounts.offerSecondFactor(to: caller)
        #expect(await code { _ = try await accounts.enter("bob") } == nil)
        #expect(
            await code {
                _ = try await accounts.confirmSecondFactor(of: caller, code: "000000", client: Bench.client)
            } == .invalidValue)
        let shown = show(bench, bob)
        _ = try await accounts.confirmSecondFactor(of: caller, code: shown, client: Bench.client)
        #expect(await code { _ = try await accounts.offerSecondFactor(to: caller) } == .conflict)
        #expect(
            await code { try await accounts.removeSecondFactor(of: caller, code: shown, client: Bench.client) }
                == .forbidden)
        bench.clock.advance(.seconds(30))
        try await accounts.removeSecondFactor(of: caller, code: show(bench, bob), client: Bench.client)
        #expect(await code { _ = try await accounts.enter("bob") } == nil)
    }

    @Test func `an administrator takes it away for who lost it`() async throws {
        let (accounts, bob, _) = try await prepare(Bench())
        try await accounts.removeSecondFactor(of: bob.id, by: .local)
        #expect(await code { _ = try await accounts.enter("bob") } == nil)
    }
}
