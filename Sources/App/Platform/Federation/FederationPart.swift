import Access
import Configuration
import Cryptography
import HTTPFetching
import HTTPServing
import Records
import RequestScope
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
    let farewell: ProviderFarewell
    private let desk: TokenDesk
    private let logger: Logger

    /// How often other processes' changes are looked for.
    private static let upkeep = Duration.seconds(2)

    /// Learns what other processes have revoked and signed with, until the task is cancelled.
    func run() async {
        while true {
            do {
                try await Task.sleep(for: Self.upkeep)
                try await desk.catchUp()
            } catch {
                if Task.isCancelled { return }
                logger.warning("revoked tokens could not be looked for", [.error: .error(error)])
            }
        }
    }

    /// What this part needs of the rest of the server.
    struct Surroundings {
        var configuration: FederationConfiguration
        /// `server.publicURL`.
        var publicURL: String?
        var dataDir: String
        var sealer: SecretSealer
        /// What a configured secret stands for: itself, or one that is kept sealed.
        var resolve: @Sendable (String) async throws -> String
        var database: Database
        var client: HTTPClient
        /// Where providers' documents may lead to.
        var outgoing: OutgoingURLPolicy
        var users: any ExternalUsers
        /// Whether the key or session with this id still counts.
        var isAlive: @Sendable (_ parent: String) -> Bool
        /// Told when tokens have ended before their time.
        var ended: @Sendable () -> Void
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
        let setup = FederationSetup(
            configuration: try await surroundings.configuration.resolved(surroundings.resolve), publicURL: publicURL)
        let fetcher = DocumentFetcher(
            client: surroundings.client, outgoing: surroundings.outgoing, configured: setup.configuredURLs)
        let spent = try await SpentIDs.load(SpentIDRecords(surroundings.database), now: now())
        let jwt = surroundings.configuration.jwt
        let desk = try await TokenDesk(
            AccessTokens(issuer: publicURL ?? localIssuer, lifetimeMax: jwt.lifetime.components.seconds),
            rotation: jwt.rotation.components.seconds,
            TokenDesk.Surroundings(
                store: SigningKeyStore(
                    records: TokenKeyRecords(surroundings.database), sealer: surroundings.sealer,
                    file: SigningKeyFile(dataDir: surroundings.dataDir), logger: surroundings.logger),
                refreshing: RefreshTokenRecords(surroundings.database), spent: spent, users: surroundings.users,
                isAlive: surroundings.isAlive, now: now,
                newID: { prefix in
                    var random = SecureRandomGenerator()
                    return prefix + sortableSuffix(millisecondsSinceEpoch: now() * 1_000, using: &random)
                }, ended: surroundings.ended))
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
            verifiers: [desk, foreign], directory: directory,
            farewell: ProviderFarewell(providers: browsers.providers, randomBytes: { SecureRandom.bytes($0) }),
            desk: desk, logger: surroundings.logger)
    }
}
