import Telemetry
import Testing
import Vocabulary

@testable import Access

@Suite(.timeLimit(.minutes(1))) struct SignInTests {
    @Test func `a session begins with a new id each time and ends at once`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let first = try await accounts.enter("bob")
        let second = try await accounts.enter("BOB")
        #expect(first.session.id != second.session.id)
        #expect(first.token.revealed != second.token.revealed)
        let caller = try accounts.caller(first)
        #expect(caller.user == bob.id)
        #expect(caller.role == .user)
        #expect(caller.tenant.name == bob.id.text)
        try await accounts.endSession(first.session.id, by: caller)
        #expect(accounts.credentials.principal(forSession: first.token.revealed) == nil)
        #expect(accounts.credentials.principal(forSession: second.token.revealed) != nil)
    }

    @Test func `tokens that nobody was given count for nothing`() async throws {
        let (accounts, _, _) = try await Bench().openWithPeople()
        let started = try await accounts.enter("bob")
        for token in ["", "x", started.session.id, String(started.token.revealed.dropLast()) + "!"] {
            #expect(accounts.credentials.principal(forSession: token) == nil)
        }
    }

    @Test func `neither token nor key nor password is kept`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        let started = try await accounts.enter("bob")
        let made = try await accounts.createKey(KeyOrder(user: bob.id, name: "k"), by: .local)
        let kept = String(reflecting: bench.store.kept)
        let secret = try #require(made.text.revealed.split(separator: "_").last)
        #expect(!kept.contains(started.token.revealed))
        #expect(!kept.contains(secret))
        #expect(!kept.contains(Bench.password.revealed))
        #expect(!String(reflecting: started).contains(started.token.revealed))
    }

    /// Time is not measured: what takes it, the slow hash, is counted.
    @Test(arguments: ["bob", "nobody", "keyholder", "disabled", "bob@example.org"])
    func `whoever cannot sign in gets the same answer after the same work`(name: String) async throws {
        let bench = Bench()
        let (accounts, _, _) = try await bench.openWithPeople()
        _ = try await accounts.createUser(UserOrder(name: "keyholder"), by: .local)
        let disabled = try await accounts.createUser(
            UserOrder(name: "disabled", password: Redacted("wrong horse battery")), by: .local)
        var edit = UserEdit()
        edit.isDisabled = true
        try await accounts.editUser(disabled.id, edit, by: .local)
        // The first sign-in of a process makes the hash that stands in for users who are not there.
        _ = try await accounts.enter("ada")
        let before = bench.hasher.counts
        do {
            _ = try await accounts.signIn(
                SignInAttempt(name: name, password: Redacted("wrong horse battery"), client: Bench.client))
            Issue.record("signed in")
        } catch let error as ServiceError {
            #expect(error == Accounts.wrong)
        }
        #expect(bench.hasher.counts == .init(hashes: before.hashes, checks: before.checks + 1))
    }

    @Test func `failures are throttled, also for names that nobody has`() async throws {
        for name in ["bob", "nobody"] {
            let bench = Bench()
            let (accounts, _, _) = try await bench.openWithPeople()
            var codes: [ServiceError.Code?] = []
            for _ in 0..<7 {
                codes.append(
                    await code {
                        _ = try await accounts.signIn(
                            SignInAttempt(name: name, password: Redacted("wrong horse battery"), client: Bench.client))
                    })
            }
            #expect(codes == Array(repeating: .unauthenticated, count: 6) + [.rateLimited])
            #expect(bench.hasher.counts.checks == 6)
        }
    }

    @Test func `a restart forgets no failure, and what is kept of it names nobody`() async throws {
        let bench = Bench()
        let (accounts, _, _) = try await bench.openWithPeople()
        for process in [accounts, try await bench.open(), try await bench.open()] {
            for name in ["bob", "nobody"] {
                for _ in 0..<2 {
                    let wrong = SignInAttempt(
                        name: name, password: Redacted("wrong horse battery"), client: Bench.client)
                    #expect(await code { _ = try await process.signIn(wrong) } == .unauthenticated)
                }
            }
        }
        let last = try await bench.open()
        for name in ["bob", "nobody"] {
            #expect(await code { _ = try await last.enter(name) } == .rateLimited)
            // Whoever comes from elsewhere is not held up by it.
            let elsewhere = await code { _ = try await last.enter(name, from: "192.0.2.2") }
            #expect(elsewhere == (name == "bob" ? nil : .unauthenticated))
        }
        #expect(bench.tallies.all.keys.allSatisfy { $0.count == 32 })
    }

    @Test func `the right password helps after a wait, not before`() async throws {
        let bench = Bench()
        let (accounts, _, _) = try await bench.openWithPeople()
        for _ in 0..<6 {
            _ = await code {
                _ = try await accounts.signIn(
                    SignInAttempt(name: "bob", password: Redacted("wrong horse battery"), client: Bench.client))
            }
        }
        #expect(await code { _ = try await accounts.enter("bob") } == .rateLimited)
        bench.clock.advance(.seconds(2))
        #expect(await code { _ = try await accounts.enter("bob") } == nil)
        #expect(await code { _ = try await accounts.enter("bob") } == nil)
    }

    @Test func `sessions end without use, and after their whole time`() async throws {
        let bench = Bench()
        var settings = AccessSettings()
        settings.sessionIdle = .seconds(100)
        settings.sessionLifetime = .seconds(250)
        let (accounts, _, _) = try await bench.openWithPeople(settings)
        let idle = try await accounts.enter("bob")
        let busy = try await accounts.enter("bob")
        for _ in 0..<3 {
            bench.clock.advance(.seconds(80))
            #expect(accounts.credentials.principal(forSession: busy.token.revealed) != nil)
        }
        #expect(accounts.credentials.principal(forSession: idle.token.revealed) == nil)
        bench.clock.advance(.seconds(20))
        #expect(accounts.credentials.principal(forSession: busy.token.revealed) == nil)
        try await accounts.cleanUp()
        #expect(bench.store.kept.sessions.isEmpty)
    }

    @Test func `one session too many ends the one that was not used for longest`() async throws {
        let bench = Bench()
        var settings = AccessSettings()
        settings.sessionsMax = 2
        let (accounts, _, bob) = try await bench.openWithPeople(settings)
        var started: [StartedSession] = []
        for _ in 0..<3 {
            started.append(try await accounts.enter("bob"))
            bench.clock.advance(.seconds(10))
        }
        #expect(accounts.sessions(of: bob.id).map(\.id) == [started[2].session.id, started[1].session.id])
    }

    @Test func `outdated hashes are made again at sign-in`() async throws {
        let bench = Bench()
        let (accounts, _, bob) = try await bench.openWithPeople()
        _ = try await accounts.enter("ada")
        bench.hasher.changeParameters()
        _ = try await accounts.enter("bob")
        let hashes = bench.hasher.counts.hashes
        #expect(bench.store.kept.users[bob.id]?.password?.hash.revealed.hasPrefix("2:") == true)
        _ = try await accounts.enter("bob")
        #expect(bench.hasher.counts.hashes == hashes)
    }

    @Test func `a new password ends all other sessions`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        let (other, own) = (try await accounts.enter("bob"), try await accounts.enter("bob"))
        let caller = try accounts.caller(own)
        let new = Redacted("another fine password")
        #expect(
            await code {
                try await accounts.changePassword(
                    of: caller, current: Redacted("wrong"), new: new, client: Bench.client)
            } == .forbidden)
        try await accounts.changePassword(of: caller, current: Bench.password, new: new, client: Bench.client)
        #expect(accounts.credentials.principal(forSession: other.token.revealed) == nil)
        #expect(accounts.credentials.principal(forSession: own.token.revealed) != nil)
        #expect(await code { _ = try await accounts.enter("bob") } == .unauthenticated)
        try await accounts.setPassword(of: bob.id, Bench.password, by: .local)
        #expect(accounts.sessions(of: bob.id).isEmpty)
    }

    @Test(arguments: [
        "short", "password123!", "Password1234", "1234567890", "aaaaaaaaaaaa", "bob-the-user-2026",
        String(repeating: "long", count: 300), "has\u{0}zero-byte",
    ])
    func `bad passwords are refused in words that do not repeat them`(password: String) {
        do throws(ServiceError) {
            try PasswordRules().check(Redacted(password), name: "bob-the-user")
            Issue.record("taken")
        } catch {
            #expect(error.code == .invalidValue)
            #expect(!error.description.contains(password))
        }
    }
}
