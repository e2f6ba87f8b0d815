import JSONText
import Telemetry
import Testing

@testable import Access

@Suite struct LogoutOrderTests {
    private static let event: JSONValue = ["http://schemas.openid.net/event/backchannel-logout": [:]]

    private func order(_ changes: JSONObject = [:], type: String? = "logout+jwt") throws -> LogoutOrder {
        var claims: JSONObject = [
            "iss": "https://id.example.org", "aud": "nexus", "iat": 1_000, "exp": 1_120, "jti": "order-1", "sub": "ada",
            "sid": "s1", "events": Self.event,
        ]
        for (name, value) in changes { claims[name] = value.isNull ? JSONValue?.none : value }
        return try LogoutOrder(
            TokenClaims(claims, type: type), clientID: "nexus", issuer: "https://id.example.org", now: 1_001)
    }

    @Test func `an order names a person, a session, or both`() throws {
        #expect(try order().subject == "ada")
        #expect(try order().session == "s1")
        #expect(try order(["sub": .null]).subject == nil)
        #expect(try order(["sid": .null]).session == nil)
        #expect(try order().forgottenAt == 1_180)
        #expect(try order().spentID == "logout:https://id.example.org order-1")
        for type in ["JWT", "application/logout+jwt", nil] { #expect(try order(type: type).id == "order-1") }
        #expect(throws: TokenError.self) { try order(["sub": .null, "sid": .null]) }
    }

    @Test(arguments: ["at+jwt", "id+jwt", ""])
    func `what was made for something else is none`(type: String) {
        #expect(throws: TokenError.self) { try order(type: type) }
    }

    @Test func `one that lives long, or has a nonce, is none`() {
        #expect(throws: TokenError.self) { try order(["exp": 9_000]) }
        #expect(throws: TokenError.self) { try order(["nonce": ""]) }
        #expect(throws: TokenError.self) { try order(["events": ["other": [:]]]) }
        #expect(throws: TokenError.self) { try order(["jti": .null]) }
    }

    private func session(_ id: String?, of subject: String = "ada", issuer: String = "https://id.example.org")
        -> ProviderSession
    {
        ProviderSession(name: "work", issuer: issuer, subject: subject, id: id, token: Redacted("t"))
    }

    @Test func `an order means the session that it names, or all of the person`() throws {
        let (one, all, bare) = (try order(), try order(["sid": .null]), try order(["sub": .null]))
        #expect(session("s1").isMeant(by: one) && session("s1").isMeant(by: all) && session("s1").isMeant(by: bare))
        #expect(!session("s2").isMeant(by: one) && session("s2").isMeant(by: all) && !session("s2").isMeant(by: bare))
        // One of which the provider has never told the name may be the one.
        #expect(session(nil).isMeant(by: one) && session(nil).isMeant(by: all) && !session(nil).isMeant(by: bare))
        #expect(![one, all].contains { session("s1", of: "eve").isMeant(by: $0) })
        #expect(![one, all, bare].contains { session("s1", issuer: "https://other").isMeant(by: $0) })
    }

    @Test func `a browser goes on to the provider's own door`() throws {
        func location(_ endpoint: String?, _ session: ProviderSession) -> String? {
            ProviderMetadata(
                issuer: "https://id.example.org", authorizationEndpoint: "", tokenEndpoint: "", keysURL: nil,
                userEndpoint: nil, endSessionEndpoint: endpoint, takesSecretInForm: false
            ).signOutLocation(session, clientID: "a b", returnURL: "https://n/out", state: "x")
        }
        let rest = "client_id=a%20b&post_logout_redirect_uri=https%3A%2F%2Fn%2Fout&state=x"
        #expect(location("https://id/end", session("s")) == "https://id/end?id_token_hint=t&" + rest)
        #expect(location("https://id/end?a=b", session("s")) == "https://id/end?a=b&id_token_hint=t&" + rest)
        #expect(location(nil, session("s")) == nil)
        #expect(location("https://id/end", session("s", issuer: "https://other")) == nil)
        let long = ProviderSession(
            TokenClaims([:], type: nil), subject: "ada", issuer: "https://id.example.org", provider: "work",
            token: String(repeating: "t", count: ProviderSession.tokenBytesMax + 1))
        #expect(location("https://id/end", long) == "https://id/end?" + rest)
    }
}
