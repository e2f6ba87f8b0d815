import Access
import Configuration
import HTTPFetching
import RequestScope
import Storage
import Telemetry

extension FederationPart {
    /// Joins this part to the accounts: its tokens are asked, and its directory for passwords.
    static func open(
        _ configuration: Configuration, _ database: Database, _ client: HTTPClient, _ access: AccessPart,
        _ secrets: SecretsPart, _ logger: Logger
    ) async throws -> FederationPart {
        let accounts = access.accounts
        let (cookie, lifetime) = (access.cookie, configuration.access.sessionLifetime)
        let part = try await open(
            Surroundings(
                configuration: configuration.federation, publicURL: configuration.trust.publicURL,
                dataDir: configuration.dataDir, sealer: secrets.sealer, resolve: secrets.resolve, database: database,
                client: client,
                outgoing: OutgoingURLPolicy(allowed: configuration.trust.outgoingAllowed), users: accounts,
                isAlive: { accounts.isAlive($0) }, ended: access.noteEnded,
                sessionCookie: { cookie.header($0.token, lifetime: lifetime) },
                report: { accounts.note($0) }, logger: logger.labelled("federation")))
        for verifier in part.verifiers { access.verifiers.add(verifier) }
        access.providers.set(part.farewell)
        if let directory = part.directory { await accounts.ask(directory) }
        return part
    }
}
