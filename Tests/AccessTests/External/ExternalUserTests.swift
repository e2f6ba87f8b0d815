import JSONText
import Telemetry
import Testing
import Vocabulary

@testable import Access

@Suite(.timeLimit(.minutes(1))) struct ExternalUserTests {
    private static let rules = ExternalUserRules(
        roles: ["nexus-admins": .admin, "staff": .user], teams: ["r-and-d": "research"], linksByEmail: true)

    private func identity(
        _ subject: String = "1", name: String? = "carol", email: String? = nil, isVerified: Bool = false,
        groups: [String] = ["staff"]
    ) -> ExternalIdentity {
        ExternalIdentity(
            issuer: "https://id.example.org", subject: subject, name: name, displayName: "Carol C.", email: email,
            isEmailVerified: isVerified, groups: groups)
    }

    @Test func `a user is made once, and found by issuer and subject`() async throws {
        let (accounts, _, _) = try await Bench().openWithPeople()
        let made = try await accounts.user(for: identity(groups: ["staff", "r-and-d"]), rules: Self.rules)
        #expect(made.name == "carol")
        #expect(made.displayName == "Carol C.")
        #expect(made.role == .user)
        #expect(accounts.teams(of: made.id) == ["research"])
        let again = try await accounts.user(for: identity(name: "renamed"), rules: Self.rules)
        #expect(again.id == made.id)
        #expect(again.name == "carol")
        #expect(accounts.teams(of: made.id) == [])
        let other = try await accounts.user(for: identity("2"), rules: Self.rules)
        #expect(other.id != made.id)
        #expect(other.name == "carol-2")
    }

    @Test func `nobody is let in without a role, and nobody becomes a local user by name`() async throws {
        let (accounts, ada, _) = try await Bench().openWithPeople()
        #expect(await code { _ = try await accounts.user(for: identity(groups: []), rules: Self.rules) } == .forbidden)
        let taken = try await accounts.user(for: identity(name: "ada"), rules: Self.rules)
        #expect(taken.id != ada.id)
        #expect(taken.role == .user)
    }

    @Test func `an address finds a user only when it is verified and that is wanted`() async throws {
        let (accounts, _, bob) = try await Bench().openWithPeople()
        var edit = UserEdit()
        edit.email = .some("bob@example.org")
        try await accounts.editUser(bob.id, edit, by: nil)
        let unverified = try await accounts.user(for: identity("1", email: "bob@example.org"), rules: Self.rules)
        #expect(unverified.id != bob.id)
        #expect(unverified.email == nil)
        var strict = Self.rules
        strict.linksByEmail = false
        let unlinked = try await accounts.user(
            for: identity("2", email: "bob@example.org", isVerified: true), rules: strict)
        #expect(unlinked.id != bob.id)
        let linked = try await accounts.user(
            for: identity("3", email: "Bob@Example.org", isVerified: true), rules: Self.rules)
        #expect(linked.id == bob.id)
    }

    @Test func `groups move roles, and the last administrator stays one`() async throws {
        let (accounts, ada, _) = try await Bench().openWithPeople()
        let made = try await accounts.user(for: identity(groups: ["nexus-admins", "staff"]), rules: Self.rules)
        #expect(made.role == .admin)
        #expect(try await accounts.user(for: identity(), rules: Self.rules).role == .user)
        _ = try await accounts.user(for: identity(groups: ["nexus-admins"]), rules: Self.rules)
        try await accounts.removeUser(ada.id, by: nil)
        #expect(try await accounts.user(for: identity(), rules: Self.rules).role == .admin)
    }

    @Test func `a disabled user stays out, and a server without administrator takes nobody`() async throws {
        let (accounts, _, _) = try await Bench().openWithPeople()
        let made = try await accounts.user(for: identity(), rules: Self.rules)
        var edit = UserEdit()
        edit.isDisabled = true
        try await accounts.editUser(made.id, edit, by: nil)
        #expect(await code { _ = try await accounts.user(for: identity(), rules: Self.rules) } == .forbidden)
        let empty = try await Bench().open()
        #expect(await code { _ = try await empty.user(for: identity(), rules: Self.rules) } == .forbidden)
        var closed = Self.rules
        closed.createsUsers = false
        #expect(await code { _ = try await accounts.user(for: identity("9"), rules: closed) } == .forbidden)
    }

    @Test func `verifiers are asked in order until one knows the token`() async throws {
        struct Verifier: TokenVerifying {
            let prefix: String
            func recognise(_ token: String) async throws -> RecognisedToken? {
                guard token.hasPrefix(prefix) else { return nil }
                guard token.hasSuffix("good") else { throw ServiceError(.unauthenticated, "bad") }
                var principal = Principal.open
                principal.name = prefix
                return RecognisedToken(
                    principal: principal,
                    statement: TokenStatement(
                        TokenClaims(["iss": .string(prefix)], type: nil), id: token, keyID: nil, user: principal.user))
            }

            func principal(of statement: TokenStatement) async throws -> Principal? {
                guard statement.claims.issuer == prefix else { return nil }
                return try await recognise(statement.claims.id ?? "")?.principal
            }
        }
        let verifiers = TokenVerifiers()
        verifiers.add(Verifier(prefix: "a"))
        verifiers.add(Verifier(prefix: "b"))
        #expect(try await verifiers.recognise("b-good")?.principal.name == "b")
        #expect(try await verifiers.recognise("c-good")?.principal == nil)
        #expect(await code { _ = try await verifiers.recognise("a-bad")?.principal } == .unauthenticated)
        let statement = try #require(try await verifiers.recognise("b-good")?.statement)
        #expect(try await verifiers.principal(of: statement)?.name == "b")
    }
}
