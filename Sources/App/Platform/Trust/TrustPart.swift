import Access
import AdminAPI
import Configuration
import HTTPServing
import JSONText
import Launch
import Records
import RequestScope
import Storage
import Telemetry
import Vocabulary

/// What stands between the sockets and everything else, and what is written down about it: the audit trail, and the
/// guards that requests pass before anybody looks at them.
struct TrustPart: Sendable {
    let audit: AuditLog
    private let store: AuditRecords
    private let configuration: Configuration
    private let now: @Sendable () -> Int64

    init(database: Database, configuration: Configuration, logger: Logger) {
        let records = AuditRecords(database)
        let now: @Sendable () -> Int64 = { UnixTime.now().nanoseconds / 1_000 }
        store = records
        self.now = now
        self.configuration = configuration
        audit = AuditLog(
            store: records, now: now,
            complain: { logger.error("the audit trail cannot be written", [.error: .error($0)]) })
    }

    /// Writes the trail until ``finish()``.
    func run() async { await audit.run() }

    /// The last entries are written, and ``run()`` ends.
    func finish(wasServing: Bool) {
        if wasServing { audit.note(AuditEntry(.stopped, by: nil)) }
        audit.finish()
    }

    /// Writes down that the server begins to answer.
    func noteStart() {
        audit.note(
            AuditEntry(
                .started, by: nil,
                details: [
                    .version: .text(productVersion), .host: .text(configuration.server.host),
                    .port: .number(Int64(configuration.server.port)),
                ]))
    }

    var routes: [Route] { AuditRoutes(audit, store: store).routes }

    /// The same service behind the operator's rule for texts, where there is one.
    ///
    /// - Throws: `ServiceError` when the rule is none.
    func ruled(_ service: any ModelService) throws -> any ModelService {
        let input = configuration.trust.input
        do throws(InputRule.BadPattern) {
            let rule = try InputRule(
                charactersMax: input.charactersMax, allowed: input.allowedPatterns, blocked: input.blockedPatterns)
            return rule.isEmpty ? service : InputRuled(rule: rule, next: service)
        } catch {
            throw ServiceError(.invalidValue, "\(error)", hint: "Check `server.input`.")
        }
    }

    // MARK: Middleware

    /// Before everything else: who is asking, behind which proxy.
    var outermost: [any Middleware] {
        let trusted = configuration.trust.trustedProxies.compactMap(AddressRange.init)
        return trusted.isEmpty ? [] : [ForwardedClient(trusted: trusted)]
    }

    /// After the request has its id: what is refused before anybody looks at it, and what every answer says.
    ///
    /// - Parameter isOpen: whether callers need no credential now.
    /// - Returns: the middleware, outermost first.
    func guards(isOpen: @escaping @Sendable () -> Bool) -> [any Middleware] {
        var guards: [any Middleware] = [SecurityHeaders(), AuditTrail(audit, now: now)]
        if configuration.trust.requiresTLS { guards.append(TransportGuard(publicURL: publicBase)) }
        guards.append(HostGuard(hosts: hosts, isOpen: isOpen))
        guards.append(
            OriginGuard(
                origins: Set(configuration.server.corsOrigins), isOpen: isOpen, exceptions: [SignInRoutes.assertionPath]
            ))
        return guards
    }

    /// Inside of authentication.
    var identity: any Middleware { AuditIdentity(audit, now: now) }

    /// The names that were configured.
    private var hosts: Set<String> {
        var names = Set(configuration.trust.hosts.compactMap { HostName($0)?.description })
        if let base = publicBase, let host = base.split(separator: "/").last.flatMap({ HostName(String($0)) }) {
            names.insert(host.description)
        }
        return names
    }

    /// Scheme, host and port of `server.publicURL`.
    private var publicBase: String? {
        configuration.trust.publicURL.map { url in
            url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3).joined(separator: "/")
        }
    }
}
