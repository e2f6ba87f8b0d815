import Access
import Configuration
import Foundation
import HTTPFetching
import HTTPServing
import JSONText
import Records
import Storage
import Synchronization
import Telemetry
import Testing
import Vocabulary

@testable import Platform

/// The parts of sign-in elsewhere, joined: a real provider on a real port, a real database, and a browser that is a test.
@Suite struct SignInFlowTests {
    private final class Clock: Sendable {
        let time = Mutex(HonestProvider.now)
        var now: Int64 { time.withLock(\.self) }
    }

    private func onStage(
        _ body: (
            _ provider: HonestProvider, _ people: InMemoryPeople, _ router: Router, _ desk: TokenDesk,
            _ foreign: ForeignTokens, _ clock: Clock
        ) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nexus-flow-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let provider = try await HonestProvider.start()
        let client = try HTTPClient()
        let database = try await Database.open(SQLiteSettings(path: folder.path + "/test.db"))
        try await database.migrate(Migrations.all)
        let (people, clock) = (InMemoryPeople(), Clock())
        let spent = try await SpentIDs.load(SpentIDRecords(database), now: clock.now)
        let counter = Mutex(0)
        let desk = try await TokenDesk(
            AccessTokens(issuer: "https://n.example", lifetimeMax: 900), rotation: 86_400,
            TokenDesk.Surroundings(
                store: SigningKeyStore.testing(database, folder: folder.path),
                refreshing: RefreshTokenRecords(database), spent: spent, users: people,
                isAlive: { parent in !people.state.withLock { $0.ended.contains(parent) } }, now: { clock.now },
                newID: { prefix in
                    counter.withLock { count in
                        count += 1
                        let digits = String(count)
                        return prefix == "ref_"
                            ? prefix + String(repeating: "0", count: 26 - digits.count) + digits : prefix + digits
                    }
                }))
        let fetcher = DocumentFetcher(client: client, configured: [provider.issuer])
        let settings = ProviderSettings(
            name: "test", issuer: provider.issuer, clientID: "client", clientSecret: "secret",
            rules: ExternalUserRules(roles: ["staff": .user]))
        let signIn = SignInDesk(
            tokens: desk, spent: spent, users: people, visitCookie: VisitCookie(isSecure: true),
            sessionCookie: { "session=\($0.token.revealed)" },
            randomBytes: { Array(SodiumSignatures().newSeed().prefix($0)) },
            now: { clock.now }, logger: Logger(label: "test", levelMin: .error, sink: LogSink { _ in }),
            report: { _ in })
        var router = Router()
        let routes = SignInRoutes(
            desk: signIn,
            providers: [OIDCSignIn(settings, publicURL: "https://n.example", fetcher: fetcher, now: { clock.now })],
            saml: nil, directory: nil
        ).routes
        for route in routes + TokenRoutes(desk: desk, report: { _ in }).routes { router.add(route) }
        let foreign = ForeignTokens(
            [
                TrustedIssuer(
                    name: "ci", issuer: provider.issuer, audiences: ["api"],
                    rules: ExternalUserRules(roles: ["staff": .user]))
            ], fetcher: fetcher, users: people, spent: spent.memory, now: { clock.now },
            logger: Logger(label: "test", levelMin: .error, sink: LogSink { _ in }))
        do {
            try await body(provider, people, router, desk, foreign, clock)
        } catch {
            await provider.stop()
            await client.shutDown()
            await database.close()
            throw error
        }
        await provider.stop()
        await client.shutDown()
        await database.close()
    }

    /// Goes out, and returns the cookie and where the browser was sent.
    private func goOut(_ router: Router, _ query: String = "") async throws -> (cookie: String, location: String) {
        let out = await router.respond(to: HTTPRequest(.get, "/sign-in/oidc/test" + query))
        #expect(out.status.rawValue == 303)
        let line = try #require(out.headers["Set-Cookie"])
        #expect(line.contains("HttpOnly") && line.contains("Secure") && line.contains("SameSite=Lax"))
        return (String(line.prefix { $0 != ";" }), try #require(out.headers["Location"]))
    }

    private func comeBack(_ router: Router, _ cookie: String, code: String, state: String) async -> HTTPResponse {
        await router.respond(
            to: HTTPRequest(
                .get, "/sign-in/oidc/test/callback?code=\(code)&state=\(state)", headers: ["Cookie": cookie]))
    }

    @Test func `a person comes back signed in, where they wanted to go, once`() async throws {
        try await onStage { provider, people, router, _, _, _ in
            let (cookie, location) = try await goOut(router, "?return=/models")
            let (code, state) = try provider.signIn(location)
            let back = await comeBack(router, cookie, code: code, state: state)
            #expect(back.headers["Location"] == "/models")
            #expect(back.headers.all("Set-Cookie").first == "session=token-of-usr_1")
            #expect(back.headers.all("Set-Cookie").last?.contains("Max-Age=0") == true)
            let again = await comeBack(router, cookie, code: try provider.signIn(location).code, state: state)
            #expect(again.status.rawValue == 400)
            #expect(people.state.withLock(\.sessions) == ["usr_1"])
        }
    }

    @Test func `an answer without its cookie, state or code signs nobody in`() async throws {
        try await onStage { provider, people, router, desk, _, clock in
            let (cookie, location) = try await goOut(router)
            let (code, state) = try provider.signIn(location)
            let other = try await goOut(router)
            let access = try await desk.sign(["sub": "oidc:test"], type: AccessTokens.type)
            for (cookie, code, state) in [
                ("", code, state), (other.cookie, code, state), (cookie, code, "_x"), (cookie, "guess", state),
                (cookie + "; " + other.cookie, code, state), ("__Host-nexus_visit=\(access)", code, state),
            ] {
                let back = await comeBack(router, cookie, code: code, state: state)
                #expect([400, 403].contains(back.status.rawValue))
                #expect(back.headers.all("Set-Cookie").allSatisfy { !$0.hasPrefix("session=") })
            }
            clock.time.withLock { $0 += 700 }
            #expect(await comeBack(router, cookie, code: code, state: state).status.rawValue == 400)
            #expect(people.state.withLock(\.sessions).isEmpty)
        }
    }

    @Test func `an identity token that is wrong signs nobody in`() async throws {
        try await onStage { provider, people, router, _, _, _ in
            let changes: [@Sendable (inout JSONObject) -> Void] = [
                { $0["nonce"] = "other" }, { $0["aud"] = "other" }, { $0["iss"] = "https://evil.example" },
                { $0["exp"] = .integer(HonestProvider.now - 100) }, { $0["sub"] = nil }, { $0["groups"] = [] },
            ]
            for change in changes {
                provider.state.withLock { $0.change = change }
                let (cookie, location) = try await goOut(router)
                let (code, state) = try provider.signIn(location)
                #expect(await comeBack(router, cookie, code: code, state: state).status.rawValue == 403)
            }
            #expect(people.state.withLock(\.sessions).isEmpty)
        }
    }

    @Test func `a provider that nobody configured is not found, and one that is down is told`() async throws {
        try await onStage { provider, _, router, _, _, _ in
            #expect(await router.respond(to: HTTPRequest(.get, "/sign-in/oidc/other")).status.rawValue == 500)
            await provider.stop()
            let out = await router.respond(to: HTTPRequest(.get, "/sign-in/oidc/test"))
            #expect(out.status.rawValue == 502)
            #expect(out.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
        }
    }

    @Test func `a token is who made it, narrowed, until it is revoked or its maker's credential ends`() async throws {
        try await onStage { _, people, _, desk, _, clock in
            let user = try await people.user(
                for: ExternalIdentity(issuer: "i", subject: "s", groups: ["staff"]),
                rules: ExternalUserRules(roles: ["staff": .user]))
            var caller = try #require(people.principal(of: user.id, origin: .apiKey("key_1")))
            caller.scopes = ["models.read", "chat.use"]
            caller.priorityMax = .normal
            let issued = try await desk.issue(TokenDesk.Order(scopes: ["chat.use"], lifetime: 300), to: caller)
            let principal = try #require(try await desk.recognise(issued.text)?.principal)
            #expect(principal.origin == .token("tok_1"))
            #expect(principal.scopes == ["chat.use"] && principal.priorityMax == .normal)
            await #expect(throws: ServiceError.self) { _ = try await desk.issue(TokenDesk.Order(), to: principal) }
            await #expect(throws: ServiceError.self) {
                _ = try await desk.issue(TokenDesk.Order(scopes: ["users.read"]), to: caller)
            }
            await #expect(throws: ServiceError.self) { _ = try await desk.issue(TokenDesk.Order(), to: .open) }
            try await desk.rotate()
            #expect(try await desk.recognise(issued.text)?.principal != nil)
            _ = people.state.withLock { $0.ended.insert("key_1") }
            await #expect(throws: ServiceError.self) { _ = try await desk.recognise(issued.text)?.principal }
            people.state.withLock { $0.ended = [] }
            let id = try await desk.revoke(issued.text)
            #expect(id == "tok_1")
            await #expect(throws: ServiceError.self) { _ = try await desk.recognise(issued.text)?.principal }
            let second = try await desk.issue(TokenDesk.Order(), to: caller)
            #expect(try await desk.recognise(second.text)?.principal.scopes == ["models.read", "chat.use"])
            clock.time.withLock { $0 += 906 }
            await #expect(throws: ServiceError.self) { _ = try await desk.recognise(second.text)?.principal }
            #expect(try await desk.recognise("nxs_some_api_key")?.principal == nil)
        }
    }

    @Test func `what a token said is asked again as the token itself is`() async throws {
        try await onStage { provider, people, _, desk, foreign, clock in
            let user = try await people.user(
                for: ExternalIdentity(issuer: "i", subject: "s", groups: ["staff"]),
                rules: ExternalUserRules(roles: ["staff": .user]))
            let caller = try #require(people.principal(of: user.id, origin: .apiKey("key_1")))
            let issued = try await desk.issue(
                TokenDesk.Order(scopes: ["chat.use"], models: ["tiny*"], lifetime: 300), to: caller)
            let found = try #require(try await desk.recognise(issued.text))
            // As it is kept in a database.
            let text = JSONValue.object(found.statement.json).text
            let kept = try #require(try JSONValue.parse(text).object.flatMap(TokenStatement.init))
            #expect(kept == found.statement && kept.user == user.id)
            #expect(!issued.text.split(separator: ".").contains { text.contains($0) })
            #expect(try await desk.principal(of: kept) == found.principal)
            #expect(found.principal.scopes == ["chat.use"] && found.principal.models == ["tiny*"])
            #expect(try await foreign.principal(of: kept) == nil, "it is not theirs")
            try await desk.rotate()
            #expect(try await desk.principal(of: kept) == found.principal)
            let forged = TokenStatement(kept.claims, id: "tok_1", keyID: "k_other", user: user.id)
            await #expect(throws: ServiceError.self) { _ = try await desk.principal(of: forged) }
            for ending in [
                { people.state.withLock { _ = $0.ended.insert("key_1") } },
                { people.state.withLock { _ = $0.disabled.insert(user.id) } }, { clock.time.withLock { $0 += 306 } },
            ] {
                ending()
                await #expect(throws: ServiceError.self) { _ = try await desk.principal(of: kept) }
                people.state.withLock { ($0.ended, $0.disabled) = ([], []) }
            }
            let token = provider.accessToken(audience: "api", now: HonestProvider.now)
            let theirs = try #require(try await foreign.recognise(token))
            #expect(try await foreign.principal(of: theirs.statement) == theirs.principal)
            #expect(theirs.statement.claims.members["email"] == nil, "nothing of the person is kept")
            clock.time.withLock { $0 += 100_000 }
            await #expect(throws: ServiceError.self) { _ = try await foreign.principal(of: theirs.statement) }
        }
    }

    @Test func `a foreign token is its subject's user, and nobody is asked about it twice`() async throws {
        try await onStage { provider, people, _, _, foreign, _ in
            let token = provider.accessToken(audience: "api", now: HonestProvider.now)
            let principal = try #require(try await foreign.recognise(token)?.principal)
            #expect(principal.user == UserID("usr_1") && principal.role == .user)
            let asked = provider.state.withLock(\.requestCount)
            for _ in 0..<10 { _ = try await foreign.recognise(token)?.principal }
            #expect(provider.state.withLock(\.requestCount) == asked)
            _ = people.state.withLock { $0.disabled.insert(UserID("usr_1")) }
            await #expect(throws: ServiceError.self) { _ = try await foreign.recognise(token)?.principal }
            let other = provider.accessToken(audience: "other", now: HonestProvider.now)
            await #expect(throws: ServiceError.self) { _ = try await foreign.recognise(other)?.principal }
        }
    }

    @Test func `a refresh token is good once, and one that is used twice ends all that came from it`() async throws {
        try await onStage { _, people, router, desk, _, _ in
            let user = try await people.user(
                for: ExternalIdentity(issuer: "i", subject: "s", groups: ["staff"]),
                rules: ExternalUserRules(roles: ["staff": .user]))
            let caller = try #require(people.principal(of: user.id, origin: .apiKey("key_1")))
            let first = try await desk.issuePair(TokenDesk.Order(scopes: ["chat.use"]), to: caller)
            let second = try await desk.refresh(first.refresh.revealed) { _ in Issue.record("it was not stolen") }
            #expect(second.refresh != first.refresh && second.access.grant.scopes == ["chat.use"])
            #expect(try await desk.recognise(second.access.text)?.principal.scopes == ["chat.use"])
            let stolen = Mutex(0)
            for text in [first.refresh.revealed, second.refresh.revealed, "nxr_", first.access.text] {
                await #expect(throws: ServiceError.self) {
                    _ = try await desk.refresh(text) { _ in stolen.withLock { $0 += 1 } }
                }
            }
            #expect(stolen.withLock(\.self) == 1)
            for pair in [first, second] {
                await #expect(throws: ServiceError.self) { _ = try await desk.recognise(pair.access.text)?.principal }
            }
            // Over HTTP; and whoever has one may end its family.
            let other = try await desk.issuePair(TokenDesk.Order(), to: caller)
            func post(_ path: String, _ body: JSONValue) async -> HTTPResponse {
                await router.respond(to: HTTPRequest(.post, path, body: body.bytes))
            }
            let answer = await post("/api/v1/tokens/refresh", ["refresh_token": .string(other.refresh.revealed)])
            #expect(answer.status == .ok && answer.headers["Cache-Control"] == "no-store")
            let next = try JSONValue.parse(try await answer.collectBody())["refresh_token"]?.string ?? ""
            #expect(await post("/api/v1/tokens/revoke", ["token": .string(next)]).status == .ok)
            await #expect(throws: ServiceError.self) { _ = try await desk.recognise(other.access.text)?.principal }
            let third = try await desk.issuePair(TokenDesk.Order(), to: caller)
            _ = people.state.withLock { $0.ended.insert("key_1") }
            await #expect(throws: ServiceError.self) { _ = try await desk.refresh(third.refresh.revealed) { _ in } }
            people.state.withLock { $0.ended = [] }
            await #expect(throws: ServiceError.self) { _ = try await desk.refresh(third.refresh.revealed) { _ in } }
        }
    }
}
