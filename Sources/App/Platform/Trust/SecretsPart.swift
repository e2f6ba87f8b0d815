import Access
import AdminAPI
import Configuration
import Cryptography
import HTTPServing
import Records
import Storage
import Synchronization
import Telemetry
import Vocabulary

/// Secrets at rest: the key, what seals with it, and the secrets with names.
final class SecretsPart: Sendable {
    /// The hub's token, where the configuration has none.
    static let hubToken = "hub.token"
    /// What stands before the name of a secret in the place of a key: `secret:openai`.
    static let reference = "secret:"

    let sealer: SecretSealer
    private let named: NamedSecrets
    private let store: SecretRecords
    private let source: SealingKeySource
    private let audit: AuditLog
    private let logger: Logger
    private let hub = Mutex<String?>(nil)

    /// - Throws: `ServiceError` when the key cannot be had.
    init(_ configuration: Configuration, database: Database, audit: AuditLog, logger: Logger) throws {
        source = try SealingKeySource(configuration)
        sealer = SecretSealer(
            source.keys,
            cipher: SecretSealer.Cipher(
                seal: { AuthenticatedEncryption.seal($0, associated: $1, key: $2) },
                open: { AuthenticatedEncryption.open($0, associated: $1, key: $2) }))
        store = SecretRecords(database)
        named = NamedSecrets(store: store, sealer: sealer, now: { UnixTime.now().nanoseconds / 1_000 })
        self.audit = audit
        self.logger = logger
        if source.isNew {
            logger.notice(
                "a key for secrets was made in the data directory; keep a copy of it elsewhere",
                ["file": .string(SealingKeySource.fileName), "key": .string(sealer.keys.current.id)])
        }
    }

    /// For the records of deployments.
    var deployments: DeploymentSecrets {
        DeploymentSecrets(sealer) { [logger] error in
            logger.error("a deployment's secret cannot be opened", [.error: .error(error)])
        }
    }

    /// Reads what is used all the time. A secret that does not open is told and left out.
    func prepare() async {
        do {
            let token = try await named.reveal(Self.hubToken)
            hub.withLock { $0 = token }
        } catch {
            logger.error("the hub's token cannot be opened", [.error: .error(error)])
        }
    }

    /// The hub's token now.
    @Sendable func currentHubToken() -> String? { hub.withLock(\.self) }

    /// What a key's text stands for: itself, or the secret that it names as `secret:NAME`.
    ///
    /// - Throws: `ServiceError` when there is no such secret, or it cannot be opened.
    @Sendable func resolve(_ text: String) async throws -> String {
        guard text.hasPrefix(Self.reference) else { return text }
        let name = String(text.dropFirst(Self.reference.count))
        let secret: String?
        do {
            secret = try await named.reveal(name)
        } catch let error as SealingError {
            throw ServiceError(.conflict, "The secret '\(AuditText.safe(name))' cannot be opened.", detail: "\(error)")
        }
        guard let secret else {
            throw ServiceError(
                .notFound, "There is no secret '\(AuditText.safe(name))'.", hint: "Set it: nexus secrets set NAME.")
        }
        audit.note(AuditEntry(.secretRead, on: "secret:\(name)"))
        return secret
    }

    var routes: [Route] {
        SecretRoutes(
            named,
            SecretRoutes.Orders(
                key: { [source, sealer] in
                    SecretRoutes.KeyReport(id: sealer.keys.current.id, source: source.kind.rawValue)
                },
                rotate: { try await self.rotate() },
                changed: { name in
                    if name == Self.hubToken { await self.prepare() }
                }), audit: audit
        ).routes
    }

    /// Seals everything with a new key; where the key is somebody else's, with their first one.
    ///
    /// The key before stays able to open until the next change: what another task seals at this moment would be lost
    /// without it.
    private func rotate() async throws -> Int {
        if source.kind == .dataDirectory {
            let before = sealer.keys
            let ring = SealingKeys(SealingKey(SecureRandom.bytes(SealingKey.byteCount)), older: [before.current])
            // All of them stay until everything is sealed anew: whatever fails, everything can be opened.
            let all = SealingKeys(ring.current, older: ring.older + before.older.prefix(SealingKeys.countMax - 2))
            try source.replace(with: all)
            sealer.keys = all
            let count = try await reseal()
            try source.replace(with: ring)
            sealer.keys = ring
            return count
        }
        return try await reseal()
    }

    private func reseal() async throws -> Int {
        do {
            return try await store.reseal { [sealer] in try sealer.resealed($0) }
        } catch let error as SealingError {
            throw ServiceError(
                .conflict, "Not every secret can be opened, and none was changed.", hint: error.description)
        }
    }
}
