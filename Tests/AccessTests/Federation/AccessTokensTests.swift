@testable import Access
import JSONText
import Testing

@Suite struct AccessTokensTests {
    private let tokens = AccessTokens(issuer: "https://nexus.example", lifetimeMax: 900)
    private let now: Int64 = 1_800_000_000
    private var grant: AccessGrant {
        AccessGrant(
            subject: "usr_1", scopes: ["chat.use"], models: ["tiny*"], parent: "key_1", id: "tok_1",
            expiresAt: now + 600)
    }

    @Test func `reads what it writes`() throws {
        let claims = TokenClaims(tokens.claims(grant, now: now), type: "at+JWT")
        #expect(try tokens.grant(claims, now: now + 300) == grant)
        var bare = grant
        (bare.scopes, bare.models, bare.parent) = (nil, nil, nil)
        #expect(
            try tokens.grant(TokenClaims(tokens.claims(bare, now: now), type: "application/at+jwt"), now: now) == bare)
    }

    @Test func `an empty list of scopes grants nothing, and not everything`() throws {
        var none = grant
        none.scopes = []
        none.models = []
        let read = try tokens.grant(TokenClaims(tokens.claims(none, now: now), type: "at+jwt"), now: now)
        #expect(read.scopes == [])
        #expect(read.models == [])
    }

    @Test func `refuses what was signed for something else, by another server, or long ago`() {
        let own = tokens.claims(grant, now: now)
        for type in [nil, "jwt", ProviderVisit.type] {
            #expect(throws: TokenError.self) { _ = try tokens.grant(TokenClaims(own, type: type), now: now) }
        }
        let other = AccessTokens(issuer: "https://other.example", lifetimeMax: 900).claims(grant, now: now)
        #expect(throws: TokenError.self) { _ = try tokens.grant(TokenClaims(other, type: "at+jwt"), now: now) }
        #expect(throws: TokenError.self) { _ = try tokens.grant(TokenClaims(own, type: "at+jwt"), now: now + 606) }
        var nameless = own
        nameless["jti"] = nil
        #expect(throws: TokenError.self) { _ = try tokens.grant(TokenClaims(nameless, type: "at+jwt"), now: now) }
    }

    @Test func `keeps the lifetime within its bounds`() {
        #expect(AccessTokens(issuer: "", lifetimeMax: 1).lifetimeMax == 60)
        #expect(AccessTokens(issuer: "", lifetimeMax: .max).lifetimeMax == 86_400)
    }

    @Test func `a credential gives no more scopes than it has`() {
        #expect(Narrowing.scopes(asked: nil, held: nil) == .success(nil))
        #expect(Narrowing.scopes(asked: nil, held: ["b", "a"]) == .success(["a", "b"]))
        #expect(Narrowing.scopes(asked: ["a"], held: nil) == .success(["a"]))
        #expect(Narrowing.scopes(asked: ["a"], held: ["a", "b"]) == .success(["a"]))
        #expect(Narrowing.scopes(asked: [], held: ["a"]) == .success([]))
        #expect(Narrowing.scopes(asked: ["a", "c"], held: ["a"]) == .failure(Narrowing.Excess(names: ["c"])))
    }

    @Test func `nor more models`() {
        #expect(Narrowing.models(asked: nil, held: ["tiny*"]) == .success(["tiny*"]))
        #expect(Narrowing.models(asked: ["tiny-chat"], held: ["tiny*"]) == .success(["tiny-chat"]))
        #expect(Narrowing.models(asked: ["tiny*"], held: ["tiny*"]) == .success(["tiny*"]))
        #expect(Narrowing.models(asked: ["*"], held: nil) == .success(["*"]))
        for asked in ["*", "t*", "tiny*x*", "large"] {
            #expect(Narrowing.models(asked: [asked], held: ["tiny*"]) == .failure(Narrowing.Excess(names: [asked])))
        }
    }
}
