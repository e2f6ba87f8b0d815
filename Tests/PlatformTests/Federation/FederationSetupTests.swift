import Access
import Configuration
import Testing
import Vocabulary

@testable import Platform

@Suite struct FederationSetupTests {
    private func setup(
        _ publicURL: String? = "https://nexus.example", _ change: (inout FederationConfiguration) -> Void
    ) -> FederationSetup {
        var configuration = FederationConfiguration()
        change(&configuration)
        return FederationSetup(configuration: configuration, publicURL: publicURL)
    }

    private static func provider(_ change: (inout ProviderConfiguration) -> Void = { _ in }) -> ProviderConfiguration {
        var provider = ProviderConfiguration(name: "work")
        provider.issuer = "https://id.example"
        provider.clientID = "client"
        provider.clientSecret = Secret("secret")
        change(&provider)
        return provider
    }

    @Test func `nothing configured is nothing, without a public URL too`() throws {
        let setup = setup(nil) { _ in }
        #expect(try setup.providers().isEmpty)
        #expect(try setup.issuers().isEmpty)
        #expect(try setup.directory().map(\.rules) == nil)
        #expect(try setup.saml().map(\.settings) == nil)
    }

    @Test func `Google and GitHub need no issuer`() throws {
        let made = try setup {
            $0.oidc = [
                Self.provider {
                    $0.kind = .google; $0.issuer = nil
                },
                Self.provider {
                    $0.kind = .github; $0.issuer = nil
                },
            ]
        }.providers()
        #expect(made.map(\.issuer) == ["https://accounts.google.com", "https://github.com"])
        #expect(made.map(\.dialect) == [.oidc, .github])
        #expect(made[0].rules.defaultRole == nil, "nobody gets in whom no group lets in")
    }

    @Test func `groups become roles and teams`() throws {
        let made = try setup {
            $0.oidc = [
                Self.provider {
                    $0.people.roles = [NamePair(name: "a", meaning: "viewer"), NamePair(name: "b", meaning: "admin")]
                    $0.people.teams = [NamePair(name: "a", meaning: "readers")]
                    $0.people.defaultRole = .user
                }
            ]
        }.providers()[0].rules
        #expect(made.roles == ["a": .viewer, "b": .admin])
        #expect(made.teams == ["a": "readers"])
        #expect(made.defaultRole == .user)
    }

    @Test func `says what is missing in the operator's words`() {
        func problem(
            _ expected: String, _ publicURL: String? = "https://n", _ change: (inout FederationConfiguration) -> Void
        ) {
            let setup = setup(publicURL, change)
            let error = #expect(throws: FederationSetup.Problem.self) {
                _ = try setup.providers()
                _ = try setup.issuers()
                _ = try setup.directory()
                _ = try setup.saml()
            }
            #expect(error?.description.contains(expected) == true, "\(error?.description ?? "") lacks \(expected)")
        }
        problem("server.publicURL", nil) { $0.oidc = [Self.provider()] }
        problem("access.oidc.work needs issuer") { $0.oidc = [Self.provider { $0.issuer = nil }] }
        problem("https://") { $0.oidc = [Self.provider { $0.issuer = "http://id.example" }] }
        problem("https://") { $0.oidc = [Self.provider { $0.issuer = "http://localhost@evil.example" }] }
        problem("clientID") { $0.oidc = [Self.provider { $0.clientID = nil }] }
        problem("clientSecret or") { $0.oidc = [Self.provider { $0.clientSecret = nil }] }
        problem("both") { $0.oidc = [Self.provider { $0.clientSecretFile = "/x" }] }
        problem("cannot be read") {
            $0.oidc = [
                Self.provider {
                    $0.clientSecret = nil; $0.clientSecretFile = "/nowhere"
                }
            ]
        }
        func issuer(_ change: (inout IssuerConfiguration) -> Void) -> IssuerConfiguration {
            var issuer = IssuerConfiguration(name: "ci")
            issuer.issuer = "https://ci.example"
            issuer.audiences = ["nexus"]
            change(&issuer)
            return issuer
        }
        problem("needs issuer") { $0.jwt.issuers = [issuer { $0.issuer = nil }] }
        problem("needs audiences") { $0.jwt.issuers = [issuer { $0.audiences = [] }] }
        problem("keysURL or keysFile") { $0.jwt.issuers = [issuer { $0.issuer = "ci" }] }
        problem("keysURL must begin") { $0.jwt.issuers = [issuer { $0.keysURL = "http://ci.example/keys" }] }
        problem("both keysURL") {
            $0.jwt.issuers = [
                issuer {
                    $0.keysURL = "https://a"; $0.keysFile = "b"
                }
            ]
        }
        problem("same issuer") { $0.jwt.issuers = [issuer { _ in }, issuer { $0.name = "other" }] }
        problem("userBase") { $0.ldap.url = "ldaps://d.example" }
        problem("unencrypted") {
            $0.ldap.url = "ldap://d.example"; $0.ldap.userBase = "dc=x"
        }
        problem("bindPassword") {
            $0.ldap.url = "ldaps://d"; $0.ldap.userBase = "dc=x"; $0.ldap.bindName = "cn=r"
        }
        problem("{name}") {
            $0.ldap.url = "ldaps://d"; $0.ldap.userBase = "dc=x"; $0.ldap.userFilter = "(uid=ada)"
        }
        problem("server.publicURL", nil) { $0.saml.issuer = "idp" }
        problem("signInURL") { $0.saml.issuer = "idp" }
        problem("needs certificate") {
            $0.saml.issuer = "idp"; $0.saml.signInURL = "https://idp"
        }
    }

    @Test(arguments: ["ldap://127.0.0.1:389", "ldap://localhost", "ldaps://d.example", "ldapi://%2Frun%2Fldapi"])
    func `a directory that nobody listens in on is fine`(url: String) throws {
        let made = try setup {
            $0.ldap.url = url
            $0.ldap.userBase = "dc=x"
        }.directory()
        #expect(made?.rules.createsUsers == true)
    }
}
