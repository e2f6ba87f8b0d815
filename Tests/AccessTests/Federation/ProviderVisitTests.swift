import Access
import JSONText
import Testing

@Suite struct ProviderVisitTests {
    private let now: Int64 = 1_800_000_000

    @Test func `travels in a signed token and comes back whole, within its time`() throws {
        let visit = ProviderVisit(provider: "oidc:google", returnPath: "/chat") { [UInt8](repeating: 3, count: $0) }
        let claims = TokenClaims(visit.claims(issuer: "https://n", now: now), type: ProviderVisit.type)
        #expect(try ProviderVisit(claims, issuer: "https://n", now: now + 599) == visit)
        #expect(throws: TokenError.self) { _ = try ProviderVisit(claims, issuer: "https://n", now: now + 605) }
        #expect(throws: TokenError.self) { _ = try ProviderVisit(claims, issuer: "https://m", now: now) }
        let access = TokenClaims(visit.claims(issuer: "https://n", now: now), type: AccessTokens.type)
        #expect(throws: TokenError.self) { _ = try ProviderVisit(access, issuer: "https://n", now: now) }
    }

    /// RFC 7636, appendix B: the octets of the verifier, its text, and the challenge.
    @Test func `derives the challenge as RFC 7636 does`() {
        let octets: [UInt8] = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]
        let visit = ProviderVisit(provider: "p", returnPath: nil) { _ in octets }
        #expect(visit.verifier == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(visit.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        #expect(visit.returnPath == "/")
    }
}
