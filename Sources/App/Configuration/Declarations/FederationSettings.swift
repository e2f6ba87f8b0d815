/// The keys of sign-in by somebody else's word.
enum FederationSettings {
    static let all: [Setting<ConfigurationDraft>] =
        tokens + providers
        + ldap + PeopleSettings.all.map { $0.within(\.configuration.federation.ldap.people, under: "access.ldap") }
        + saml + PeopleSettings.all.map { $0.within(\.configuration.federation.saml.people, under: "access.saml") }

    private static let tokens: [Setting<ConfigurationDraft>] = [
        Setting(
            "access.jwt.lifetime", \.configuration.federation.jwt.lifetime,
            .duration(in: .seconds(60)...(.seconds(86_400))), "How long an access token of this server lives at most."),
        Setting(
            "access.jwt.rotation", \.configuration.federation.jwt.rotation,
            .duration(in: .seconds(3_600)...(.seconds(31_536_000))), "After which time another key signs access tokens."
        ),
        Setting(
            "access.jwt.issuers", \.configuration.federation.jwt.issuers, .issuers,
            "Issuers elsewhere whose access tokens are believed, each with issuer and audiences."),
    ]

    private static let providers: [Setting<ConfigurationDraft>] = [
        Setting(
            "access.oidc", \.configuration.federation.oidc, .providers,
            "Providers of OpenID Connect, Google or GitHub, each with clientID and clientSecret; needs server.publicURL."
        )
    ]

    private static let ldap: [Setting<ConfigurationDraft>] =
        [
            Setting(
                "access.ldap.url", \.configuration.federation.ldap.url, .optional(.directoryURL),
                "LDAP directory that passwords are checked with."),
            Setting(
                "access.ldap.title", \.configuration.federation.ldap.title, .text(bytesMax: 100),
                "What the sign-in page calls it."),
            Setting(
                "access.ldap.startTLS", \.configuration.federation.ldap.startTLS, .flag,
                "Whether an ldap:// connection is encrypted before anything is said."),
            Setting(
                "access.ldap.allowPlain", \.configuration.federation.ldap.allowsPlain, .flag,
                "Whether passwords may cross a network unencrypted."),
            Setting(
                "access.ldap.trustFile", \.configuration.federation.ldap.trustFile, .optional(.path("FILE")),
                "PEM file of the certificates to trust instead of the system's."),
            Setting(
                "access.ldap.bindName", \.configuration.federation.ldap.bindName,
                .optional(.text("DN", bytesMax: 1024)),
                "Distinguished name of the account that looks people up; without one nobody's."),
            Setting(
                "access.ldap.bindPassword", \.configuration.federation.ldap.bindPassword,
                .optional(.secret(.text("PASSWORD"))), isSecret: true, "Password of that account."),
            Setting(
                "access.ldap.userBase", \.configuration.federation.ldap.userBase,
                .optional(.text("DN", bytesMax: 1024)),
                "Where people are looked for."),
            Setting(
                "access.ldap.userFilter", \.configuration.federation.ldap.userFilter, .text("FILTER", bytesMax: 1024),
                "Finds a person; {name} is what they typed."),
            Setting(
                "access.ldap.idAttribute", \.configuration.federation.ldap.idAttribute, .attribute,
                "What stays when name and place change: entryUUID, or objectGUID."),
            Setting(
                "access.ldap.nameAttribute", \.configuration.federation.ldap.nameAttribute, .attribute,
                "What people sign in with."),
            Setting(
                "access.ldap.displayNameAttribute", \.configuration.federation.ldap.displayNameAttribute, .attribute,
                "What people are called."),
            Setting(
                "access.ldap.emailAttribute", \.configuration.federation.ldap.emailAttribute, .attribute,
                "Their e-mail address."),
            Setting(
                "access.ldap.trustEmail", \.configuration.federation.ldap.trustsEmail, .flag,
                "Whether its addresses are known to be its people's."),
            Setting(
                "access.ldap.groupAttribute", \.configuration.federation.ldap.groupAttribute, .optional(.attribute),
                "Attribute of a person with their groups, such as memberOf."),
            Setting(
                "access.ldap.groupBase", \.configuration.federation.ldap.groupBase,
                .optional(.text("DN", bytesMax: 1024)), "Where groups are looked for."),
            Setting(
                "access.ldap.groupFilter", \.configuration.federation.ldap.groupFilter, .text("FILTER", bytesMax: 1024),
                "Finds a person's groups; {dn} is the person's distinguished name, {name} what they typed."),
            Setting(
                "access.ldap.timeout", \.configuration.federation.ldap.timeout,
                .duration(in: .milliseconds(100)...(.seconds(60))), "How long each step may take."),
        ]

    private static let saml: [Setting<ConfigurationDraft>] =
        [
            Setting(
                "access.saml.issuer", \.configuration.federation.saml.issuer, .optional(.text("NAME", bytesMax: 1024)),
                "Entity id of the SAML identity provider; needs server.publicURL."),
            Setting(
                "access.saml.title", \.configuration.federation.saml.title, .text(bytesMax: 100),
                "What the sign-in page calls it."),
            Setting(
                "access.saml.signInURL", \.configuration.federation.saml.signInURL, .optional(.httpURL),
                "Where it takes requests (HTTP redirect)."),
            Setting(
                "access.saml.certificate", \.configuration.federation.saml.certificate, .optional(.path("FILE")),
                "PEM file with the certificates of the keys that it signs with."),
            Setting(
                "access.saml.groupsAttribute", \.configuration.federation.saml.groupsAttribute, .text(bytesMax: 256),
                "Attribute of an assertion with groups."),
            Setting(
                "access.saml.emailAttribute", \.configuration.federation.saml.emailAttribute, .text(bytesMax: 256),
                "Attribute with the e-mail address."),
            Setting(
                "access.saml.nameAttribute", \.configuration.federation.saml.nameAttribute, .text(bytesMax: 256),
                "Attribute with what the person is called."),
            Setting(
                "access.saml.trustEmail", \.configuration.federation.saml.trustsEmail, .flag,
                "Whether its addresses are known to be its people's."),
            Setting(
                "access.saml.skew", \.configuration.federation.saml.skew, .duration(in: .zero...(.seconds(300))),
                "How far its clock may be from this machine's."),
        ]
}
