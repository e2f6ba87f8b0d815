import Access
import Configuration
import Directories
import Foundation
import JSONText
import SignedXML
import Vocabulary

/// Makes the rules of the domain of what operators wrote, and says what is missing in their words.
struct FederationSetup {
    let configuration: FederationConfiguration
    /// `server.publicURL`, without a slash at its end.
    let publicURL: String?

    /// Something that cannot work as it is configured. The server does not start with it.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    // MARK: Providers

    /// The providers of OpenID Connect and GitHub.
    func providers() throws -> [ProviderSettings] {
        guard !configuration.oidc.isEmpty else { return [] }
        guard publicURL != nil else {
            throw Problem(description: "access.oidc needs server.publicURL: providers send browsers back to it")
        }
        return try configuration.oidc.map(provider)
    }

    private func provider(_ configured: ProviderConfiguration) throws -> ProviderSettings {
        let path = "access.oidc.\(configured.name)"
        let issuer: String
        switch (configured.issuer, configured.kind) {
        case (let given?, _): issuer = given
        case (nil, .google): issuer = "https://accounts.google.com"
        case (nil, .github): issuer = "https://github.com"
        case (nil, .oidc): throw Problem(description: "\(path) needs issuer")
        }
        guard issuer.hasPrefix("https://") || Self.isLoopback(issuer) else {
            throw Problem(description: "\(path).issuer must begin with https://, except on this machine")
        }
        guard let clientID = configured.clientID else { throw Problem(description: "\(path) needs clientID") }
        return ProviderSettings(
            name: configured.name, title: configured.title, dialect: configured.kind == .github ? .github : .oidc,
            issuer: issuer, clientID: clientID, clientSecret: try secret(configured, path), scopes: configured.scopes,
            groupsClaim: configured.groupsClaim ?? "groups", rules: rules(configured.people),
            emailDomains: configured.emailDomains)
    }

    private func secret(_ configured: ProviderConfiguration, _ path: String) throws -> String {
        switch (configured.clientSecret, configured.clientSecretFile) {
        case (let secret?, nil): return secret.revealed
        case (nil, let file?):
            let text = try Self.text(of: file, "\(path).clientSecretFile").trimmingCharacters(in: .newlines)
            guard !text.isEmpty else { throw Problem(description: "\(path).clientSecretFile is empty") }
            return text
        case (nil, nil): throw Problem(description: "\(path) needs clientSecret or clientSecretFile")
        case (.some, .some): throw Problem(description: "\(path) has both clientSecret and clientSecretFile")
        }
    }

    /// Every URL of a provider or an issuer that the operator wrote, or means by saying its kind.
    var configuredURLs: [String] {
        let providers = configuration.oidc.flatMap { provider in
            switch provider.kind {
            case .google: [provider.issuer ?? "https://accounts.google.com"]
            case .github: [provider.issuer ?? "https://github.com"]
            case .oidc: provider.issuer.map { [$0] } ?? []
            }
        }
        return providers + configuration.jwt.issuers.flatMap { [$0.issuer, $0.keysURL].compactMap(\.self) }
    }

    // MARK: Issuers

    /// Issuers whose access tokens are believed.
    func issuers() throws -> [TrustedIssuer] {
        let issuers = try configuration.jwt.issuers.map(issuer)
        guard Set(issuers.map(\.issuer)).count == issuers.count else {
            throw Problem(description: "access.jwt.issuers has two entries with the same issuer")
        }
        return issuers
    }

    private func issuer(_ configured: IssuerConfiguration) throws -> TrustedIssuer {
        let path = "access.jwt.issuers.\(configured.name)"
        guard let name = configured.issuer else { throw Problem(description: "\(path) needs issuer") }
        guard !configured.audiences.isEmpty else {
            throw Problem(description: "\(path) needs audiences: tokens for others are not for this server")
        }
        let keys: TrustedIssuer.Source
        switch (configured.keysURL, configured.keysFile) {
        case (.some, .some): throw Problem(description: "\(path) has both keysURL and keysFile")
        case (let url?, nil):
            guard url.hasPrefix("https://") || Self.isLoopback(url) else {
                throw Problem(description: "\(path).keysURL must begin with https://, except on this machine")
            }
            keys = .url(url)
        case (nil, let file?):
            let document = Array(try Self.text(of: file, "\(path).keysFile").utf8)
            do throws(TokenError) {
                let found = try VerificationKeys(document: document)
                guard !found.keys.isEmpty else {
                    throw TokenError(.unknownKey, "It has no key of EdDSA, ES256 or RS256.")
                }
                keys = .fixed(found)
            } catch {
                throw Problem(description: "\(path).keysFile: \(error.message)")
            }
        case (nil, nil):
            guard name.hasPrefix("https://") || Self.isLoopback(name) else {
                throw Problem(description: "\(path) needs keysURL or keysFile: its issuer is no https:// URL")
            }
            keys = .discovery
        }
        return TrustedIssuer(
            name: configured.name, issuer: name, audiences: configured.audiences, keys: keys,
            groupsClaim: configured.groupsClaim ?? "groups", rules: rules(configured.people))
    }

    // MARK: Directory and assertions

    /// The directory, with what becomes of its people; `nil` without one.
    func directory() throws -> DirectoryPasswords? {
        let configured = configuration.ldap
        guard let url = configured.url else { return nil }
        guard let base = configured.userBase else { throw Problem(description: "access.ldap needs userBase") }
        guard configured.bindName == nil || configured.bindPassword != nil else {
            throw Problem(description: "access.ldap.bindName needs bindPassword")
        }
        guard configured.userFilter.contains("{name}") else {
            throw Problem(description: "access.ldap.userFilter needs {name}: it must find one person")
        }
        let settings = DirectorySettings(
            url: url, protection: configured.startTLS ? .startTLS : .none, trustFile: configured.trustFile,
            bindName: configured.bindName, bindPassword: configured.bindPassword?.revealed ?? "", userBase: base,
            userFilter: configured.userFilter, idAttribute: configured.idAttribute,
            nameAttribute: configured.nameAttribute, displayNameAttribute: configured.displayNameAttribute,
            emailAttribute: configured.emailAttribute, groupAttribute: configured.groupAttribute,
            groupBase: configured.groupBase, groupFilter: configured.groupFilter, timeout: configured.timeout)
        guard !settings.isPlain || configured.allowsPlain || Self.isLoopback(url) else {
            throw Problem(
                description: "access.ldap.url would carry passwords unencrypted: use ldaps://, access.ldap.startTLS, "
                    + "or say access.ldap.allowPlain")
        }
        return DirectoryPasswords(
            Directory(settings), issuer: "ldap:" + base.lowercased(), trustsEmail: configured.trustsEmail,
            rules: rules(configured.people))
    }

    /// The SAML provider; `nil` without one.
    func saml() throws -> SAMLSignIn? {
        let configured = configuration.saml
        guard let issuer = configured.issuer else { return nil }
        guard let publicURL else {
            throw Problem(description: "access.saml needs server.publicURL: assertions are made out to it")
        }
        guard let signInURL = configured.signInURL else { throw Problem(description: "access.saml needs signInURL") }
        guard let file = configured.certificate else { throw Problem(description: "access.saml needs certificate") }
        let settings = SAMLSettings(
            title: configured.title, issuer: issuer, signInURL: signInURL,
            certificates: Self.certificates(in: try Self.text(of: file, "access.saml.certificate")),
            groupsAttribute: configured.groupsAttribute, emailAttribute: configured.emailAttribute,
            nameAttribute: configured.nameAttribute, trustsEmail: configured.trustsEmail,
            rules: rules(configured.people), skew: configured.skew.components.seconds)
        do throws(SignedXMLError) {
            return try SAMLSignIn(settings, publicURL: publicURL)
        } catch {
            throw Problem(description: "access.saml.certificate: \(error.description)")
        }
    }

    /// Each certificate of a PEM file by itself.
    private static func certificates(in text: String) -> [String] {
        let end = "-----END CERTIFICATE-----"
        return text.components(separatedBy: end).dropLast().map { $0 + end + "\n" }
    }

    // MARK: Common

    private func rules(_ people: PeopleConfiguration) -> ExternalUserRules {
        ExternalUserRules(
            roles: Dictionary(
                people.roles.compactMap { pair in Role(rawValue: pair.meaning).map { (pair.name, $0) } },
                uniquingKeysWith: { max($0, $1) }),
            teams: Dictionary(people.teams.map { ($0.name, $0.meaning) }, uniquingKeysWith: { first, _ in first }),
            defaultRole: Role(rawValue: people.defaultRole.rawValue), linksByEmail: people.linksByEmail,
            createsUsers: people.createsUsers)
    }

    private static func text(of file: String, _ key: String) throws -> String {
        guard let bytes = FileManager.default.contents(atPath: file), bytes.count <= 1 << 20,
            let text = String(validating: bytes, as: UTF8.self)
        else { throw Problem(description: "\(key): '\(file)' cannot be read") }
        return text
    }

    /// Whether a URL is of this machine, where nobody listens on the way.
    private static func isLoopback(_ url: String) -> Bool {
        guard let start = url.range(of: "://")?.upperBound else { return false }
        let host = url[start...].prefix { !"/?#".contains($0) }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        return ["localhost", "127.0.0.1", "[::1]"].contains(String(name)) && !host.contains("@")
    }
}
