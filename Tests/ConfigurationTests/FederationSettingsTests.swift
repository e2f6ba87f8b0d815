import Configuration
import JSONText
import Testing

@Suite struct FederationSettingsTests {
    private func load(
        _ file: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) throws(ConfigurationErrors) -> Configuration.Loaded {
        let known = files.merging(["nexus.yaml": file]) { $1 }
        return try Configuration.load(
            ConfigurationInputs(
                arguments: [], file: "nexus.yaml", profile: nil,
                environment: environment.merging(["HOME": "/home/u"]) { given, _ in given },
                readFile: { path in known[path].map { Array($0.utf8) } }))
    }

    private static let file = """
        access:
          jwt:
            lifetime: 5m
            issuers:
              ci: {issuer: "https://ci.example", audiences: [nexus], roles: {builders: user}}
          oidc:
            work:
              kind: google
              title: Work
              clientID: client
              clientSecret: very secret
              emailDomains: [example.org]
              roles: {"staff": user, "cn=boss,dc=example": admin}
              teams: {staff: everybody}
              defaultRole: viewer
              createUsers: false
              linkByEmail: true
          ldap:
            url: ldaps://directory.example
            bindPasswordFile: /run/ldap
            userBase: dc=example
            groupFilter: "(&(objectClass=group)(member={dn}))"
          saml:
            issuer: https://idp.example
            skew: 30s
        """

    @Test func `providers, directories and issuers are read with all that is said of them`() throws {
        let loaded = try load(Self.file, files: ["/run/ldap": "directory secret\n"])
        let federation = loaded.configuration.federation
        #expect(federation.jwt.lifetime == .seconds(300))
        #expect(federation.jwt.issuers.map(\.audiences) == [["nexus"]])
        let provider = try #require(federation.oidc.first)
        #expect(provider.name == "work" && provider.kind == .google && provider.clientSecret?.revealed == "very secret")
        #expect(
            provider.people.roles == [
                NamePair(name: "staff", meaning: "user"), NamePair(name: "cn=boss,dc=example", meaning: "admin"),
            ])
        #expect(provider.people.defaultRole == .viewer && !provider.people.createsUsers && provider.people.linksByEmail)
        #expect(federation.ldap.bindPassword?.revealed == "directory secret")
        #expect(federation.ldap.people.defaultRole == .none)
        #expect(federation.saml.skew == .seconds(30))
    }

    @Test func `what becomes of people is said with the same words wherever they come from`() throws {
        let said = "roles: {a: user}, teams: {b: crew}, defaultRole: viewer, createUsers: false, linkByEmail: true"
        let loaded = try load(
            """
            access:
              jwt: {issuers: {ci: {issuer: "https://ci.example", audiences: [nexus], \(said)}}}
              oidc: {work: {kind: google, clientID: client, clientSecret: secret, \(said)}}
              ldap: {\(said)}
            """)
        let (federation, untouched) = (loaded.configuration.federation, PeopleConfiguration())
        let people = federation.ldap.people
        #expect(people.roles == [NamePair(name: "a", meaning: "user")])
        #expect(people.teams == [NamePair(name: "b", meaning: "crew")])
        #expect(people.defaultRole == .viewer && !people.createsUsers && people.linksByEmail)
        #expect(federation.oidc.map(\.people) == [people] && federation.jwt.issuers.map(\.people) == [people])
        #expect(federation.saml.people == untouched)
        #expect(try load("access: {saml: {\(said)}}").configuration.federation.saml.people == people)
        let shown = loaded.report.file["access"]?["oidc"]?["work"]
        #expect(shown?["roles"] == ["a": "user"] && shown?["linkByEmail"] == true)
    }

    @Test func `no report and no file that is written shows a secret`() throws {
        let report = try load(Self.file, files: ["/run/ldap": "directory secret"]).report
        for text in [report.table(), report.json.text, report.file.text] {
            #expect(!text.contains("very secret") && !text.contains("directory secret"))
        }
        #expect(report.file["access"]?["oidc"]?["work"]?["clientID"] == "client")
    }

    @Test func `what the environment says of groups has commas and equals signs`() throws {
        let loaded = try load(
            "", environment: ["NEXUS_ACCESS_LDAP_ROLES": "cn=staff,dc=example=user;boss=admin"])
        #expect(
            loaded.configuration.federation.ldap.people.roles == [
                NamePair(name: "cn=staff,dc=example", meaning: "user"), NamePair(name: "boss", meaning: "admin"),
            ])
    }

    @Test(arguments: [
        "access: {oidc: {Work: {}}}", "access: {oidc: {work: {clientid: x}}}", "access: {oidc: {work: {kind: saml}}}",
        "access: {oidc: {work: {issuer: 'ftp://x'}}}", "access: {oidc: {work: {roles: {a: root}}}}",
        "access: {oidc: [work]}", "access: {jwt: {issuers: {ci: {audiences: nexus}}}}", "access: {jwt: {lifetime: 2d}}",
        "access: {ldap: {url: 'https://x'}}", "access: {ldap: {idAttribute: 'a)(b'}}",
        "access: {ldap: {defaultRole: root}}", "access: {saml: {skew: 1h}}",
    ])
    func `what is not allowed is an error with its key`(text: String) {
        let error = #expect(throws: ConfigurationErrors.self) { _ = try load(text) }
        #expect(error?.problems.first?.description.contains("access.") == true)
    }
}
