import Access
import JSONText
import Testing

@Suite struct IdentityClaimsTests {
    private static let now = TokenForge.now
    private let provider = ProviderSettings(
        name: "example", issuer: "https://id.example", clientID: "nexus", clientSecret: "s")
    private var claims: JSONObject {
        [
            "iss": "https://id.example", "aud": "nexus", "sub": "248289761001", "iat": .integer(Self.now),
            "exp": .integer(Self.now + 300), "nonce": "n-1", "email": "ada@example.org", "email_verified": true,
            "preferred_username": "ada", "name": "Ada", "groups": ["admins", "team-a"],
        ]
    }

    private func read(_ change: (inout JSONObject) -> Void = { _ in }, type: String? = nil) throws -> ExternalIdentity {
        var claims = claims
        change(&claims)
        return try IdentityClaims.identity(
            TokenClaims(claims, type: type), provider: provider, issuer: "https://id.example", nonce: "n-1",
            now: Self.now)
    }

    @Test func `makes an identity of an honest token`() throws {
        #expect(
            try read()
                == ExternalIdentity(
                    issuer: "https://id.example", subject: "248289761001", name: "ada", displayName: "Ada",
                    email: "ada@example.org", isEmailVerified: true, groups: ["admins", "team-a"]))
    }

    @Test func `an address counts as verified only where that is clearly said`() throws {
        for value: JSONValue? in [nil, false, "false", 1, "yes", .null] {
            #expect(try !read { $0["email_verified"] = value }.isEmailVerified)
        }
        #expect(try read { $0["email_verified"] = "true" }.isEmailVerified)
    }

    @Test func `refuses a token of another sign-in or for another client`() {
        let wrong: [(TokenError.Reason, (inout JSONObject) -> Void)] = [
            (.nonce, { $0["nonce"] = "n-2" }), (.nonce, { $0["nonce"] = nil }), (.nonce, { $0["nonce"] = "" }),
            (.audience, { $0["aud"] = "other" }), (.audience, { $0["aud"] = ["nexus", "other"] }),
            (.audience, { $0["azp"] = "other" }), (.issuer, { $0["iss"] = "https://evil.example" }),
            (.expired, { $0["exp"] = .integer(Self.now - 100) }),
        ]
        for (reason, change) in wrong {
            let error = #expect(throws: TokenError.self) { _ = try read(change) }
            #expect(error?.reason == reason)
        }
        #expect(throws: TokenError.self) { _ = try read(type: "at+jwt") }
    }

    @Test func `several audiences are fine where the token was made for this client`() throws {
        _ = try read {
            $0["aud"] = ["other", "nexus"]
            $0["azp"] = "nexus"
        }
    }

    @Test func `texts that control a terminal, or are no texts, are left out`() throws {
        let identity = try read {
            $0["name"] = "Ada\u{1B}[31m"
            $0["preferred_username"] = 7
            $0["groups"] = ["ok", 7, "", .string(String(repeating: "g", count: 300))]
        }
        #expect(identity.displayName == nil && identity.name == nil)
        #expect(identity.groups == ["ok"])
    }

    @Test func `makes an identity of GitHub's answers`() throws {
        let identity = try IdentityClaims.github(
            user: ["id": 583231, "login": "octocat", "name": "The Octocat", "email": "public@example.org"],
            emails: [
                ["email": "old@example.org", "primary": false, "verified": true],
                ["email": "octo@example.org", "primary": true, "verified": true],
            ], organizations: [["login": "github"], ["login": 7]], issuer: "https://github.com")
        #expect(identity.subject == "583231")
        #expect(identity.email == "octo@example.org" && identity.isEmailVerified)
        #expect(identity.groups == ["github"])
    }

    @Test func `an address at GitHub that is not primary and verified counts for nothing`() throws {
        for emails: JSONValue? in [
            nil, [], [["email": "o@example.org", "primary": true, "verified": false]],
            [["email": "o@example.org", "primary": false, "verified": true]], ["message": "Not Found"],
        ] {
            let identity = try IdentityClaims.github(
                user: ["id": 1, "login": "o", "email": "o@example.org"], emails: emails, organizations: nil,
                issuer: "https://github.com")
            #expect(identity.email == nil && !identity.isEmailVerified)
        }
        for user: JSONValue in [[:], ["id": "1"], ["id": 0], ["id": -1], []] {
            #expect(throws: SignInError.self) {
                _ = try IdentityClaims.github(user: user, emails: nil, organizations: nil, issuer: "https://github.com")
            }
        }
    }

    @Test func `domains of addresses are let in only when the address is verified`() {
        var provider = provider
        #expect(provider.allows(email: nil, isVerified: false))
        provider.emailDomains = ["example.org"]
        #expect(provider.allows(email: "ada@EXAMPLE.org", isVerified: true))
        #expect(!provider.allows(email: "ada@example.org", isVerified: false))
        #expect(!provider.allows(email: "ada@example.org.evil.example", isVerified: true))
        #expect(!provider.allows(email: "example.org@evil.example", isVerified: true))
        #expect(!provider.allows(email: nil, isVerified: true))
    }
}
