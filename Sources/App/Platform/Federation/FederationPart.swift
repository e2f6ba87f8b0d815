import Access
import Configuration
import Cryptography
import HTTPFetching
import HTTPServing
import Records
import Storage
import Telemetry
import Vocabulary

/// Sign-in by somebody else's word, in the running server: providers, directories, assertions, and tokens.
struct FederationPart {
    let routes: [Route]
    /// In the order in which they are to be asked.
    let verifiers: [any TokenVerifying]
    /// `nil` without a directory.
    let directory: (any PasswordsElsewhere)?

    /// What this part needs of the rest of the server.
    struct Surroundings {
        var configuration: FederationConfiguration
        /// `server.publicURL`.
        var publicURL: String?
        var dataDir: String
        var database: Database
        var client: HTTPClient
        var users: any ExternalUsers
        /// Whether the key or session with this id still counts.
        var isAlive: @Sendable (_ parent: String) -> Bool
        /// The header `Set-Cookie` that begins a session.
        var sessionCookie: @Sendable (StartedSession) -> String
        /// Told of everything that belongs into the audit log.
        var report: @Sendable (AccessEvent) -> Void
        var logger: Logger
    }

    /// The issuer of tokens where the server has no public URL: they are for itself only.
    static let localIssuer = "urn:llama-nexus"

    /// - Throws: when something is configured that cannot work; when keys or spent ids cannot be read.
    static func open(_ surroundings: Surroundings) async throws -> FederationPart {
        let now: @Sendable () -> Int64 = { UnixTime.now().nanoseconds / 1_000_000_000 }
        let publicURL = surroundings.publicURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let setup = FederationSetup(configuration: surroundings.configuration, publicURL: publicURL)
        let fetcher = DocumentFetcher(client: surroundings.client)
        let spent = try await SpentIDs.load(SpentIDRecords(surroundings.database), now: now())
        let jwt = surroundings.configuration.jwt
        let desk = try TokenDesk(
            AccessTokens(issuer: publicURL ?? localIssuer, lifetimeMax: jwt.lifetime.components.seconds),
            rotation: jwt.rotation.components.seconds,
            TokenDesk.Surroundings(
                file: SigningKeyFile(dataDir: surroundings.dataDir, signer: SodiumSignatures()), spent: spent,
                users: surroundings.users, isAlive: surroundings.isAlive, now: now,
                newID: {
                    var random = SecureRandomGenerator()
                    return "tok_" + sortableSuffix(millisecondsSinceEpoch: now() * 1_000, using: &random)
                }))
        let foreign = ForeignTokens(
            try setup.issuers(), fetcher: fetcher, users: surroundings.users, spent: spent.memory, now: now,
            logger: surroundings.logger)
        let signIn = SignInDesk(
            tokens: desk, spent: spent, users: surroundings.users,
            visitCookie: VisitCookie(isSecure: publicURL?.hasPrefix("https://") ?? false),
            sessionCookie: surroundings.sessionCookie, randomBytes: { SecureRandom.bytes($0) }, now: now,
            logger: surroundings.logger, report: surroundings.report)
        let directory = try setup.directory()
        let browsers = SignInRoutes(
            desk: signIn,
            providers: try setup.providers().map {
                OIDCSignIn($0, publicURL: publicURL ?? "", fetcher: fetcher, now: now)
            }, saml: try setup.saml(), directory: directory.map { _ in surroundings.configuration.ldap.title })
        return FederationPart(
            routes: TokenRoutes(desk: desk, report: surroundings.report).routes + browsers.routes,
            verifiers: [desk, foreign], directory: directory)
    }
}
