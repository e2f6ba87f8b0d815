import Access
import HTTPServing
import JSONText
import Synchronization
import Telemetry
import Testing
import Vocabulary

@testable import Platform

@Suite struct OpenRequestsTests {
    private func principal(_ origin: Principal.Origin, role: Role = .user) -> Principal {
        Principal(user: UserID("usr_1"), name: "bob", tenant: TenantID("t"), role: role, origin: origin)
    }

    private func entry(
        _ origin: Principal.Origin, role: Role = .user, token: String? = nil, isSocket: Bool = false
    ) -> OpenRequests.Entry {
        let statement = token.map {
            TokenStatement(TokenClaims([:], type: nil), id: $0, keyID: nil, user: UserID("usr_1"))
        }
        return OpenRequests.Entry(principal: principal(origin, role: role), token: statement, isSocket: isSocket) { _ in
        }
    }

    @Test func `those whose credential has ended are ended once, and the others go on`() async {
        let open = OpenRequests()
        for key in ["key_1", "key_2", "key_1"] { open.enter(principal(.apiKey(key)), token: nil, RequestContext()) }
        let gone = open.enter(principal(.apiKey("key_1")), token: nil, RequestContext())
        open.leave(gone)
        #expect(open.count == 3)
        let reason: @Sendable (OpenRequests.Entry) -> String? = { entry in
            entry.principal.origin == .apiKey("key_1") ? "over" : nil
        }
        #expect(await open.end(reason) == 2)
        #expect(await open.end(reason) == 0)
        #expect(open.count == 1)
    }

    /// Tokens that are good, or are refused with a reason.
    private struct Tokens: TokenVerifying {
        let principal: Principal
        let refusals: [String: String]

        func recognise(_ token: String) async throws -> RecognisedToken? { nil }

        func principal(of statement: TokenStatement) async throws -> Principal? {
            guard let detail = refusals[statement.claims.id ?? ""] else { return principal }
            throw ServiceError(.unauthenticated, "No.", detail: detail)
        }
    }

    @Test func `a token ends its streams when it is revoked, and its sockets when its time is over, too`() async {
        let now = UnixTime(nanoseconds: 0)
        let verifiers = TokenVerifiers()
        verifiers.add(
            Tokens(
                principal: principal(.token("tok_1")),
                refusals: ["revoked": "revoked", "old": "expired", "down": "the issuer does not answer"]))
        let check = StandingCheck(index: AccessIndex(), verifiers: verifiers)
        for isSocket in [false, true] {
            #expect(await check.fault(of: entry(.token("tok_1"), token: "good", isSocket: isSocket), now: now) == nil)
            #expect(await check.fault(of: entry(.token("tok_1"), token: "down", isSocket: isSocket), now: now) == nil)
            #expect(
                await check.fault(of: entry(.token("tok_1"), token: "revoked", isSocket: isSocket), now: now) != nil)
            #expect(
                (await check.fault(of: entry(.token("tok_1"), token: "old", isSocket: isSocket), now: now) != nil)
                    == isSocket)
        }
        // Rights that changed end a socket, which goes on asking with those that it had.
        let changed = entry(.token("tok_1"), role: .admin, token: "good", isSocket: true)
        #expect(await check.fault(of: changed, now: now) != nil)
    }

    @Test func `whoever needs no credential has none that ends, and keys that nobody knows have ended`() async {
        let check = StandingCheck(index: AccessIndex(), verifiers: TokenVerifiers())
        let now = UnixTime(nanoseconds: 0)
        for origin: Principal.Origin in [.local, .anonymous, .open] {
            #expect(await check.fault(of: entry(origin), now: now) == nil)
        }
        #expect(await check.fault(of: entry(.session("ses_1")), now: now) != nil)
        #expect(await check.fault(of: entry(.apiKey("key_1"), isSocket: true), now: now) != nil)
    }
}
