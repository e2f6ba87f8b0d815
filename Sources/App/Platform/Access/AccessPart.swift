import Access
import AdminAPI
import Configuration
import Conversations
import Cryptography
import HTTPServing
import Records
import RequestScope
import Storage
import Telemetry
import Vocabulary

/// Who may do what, in the running server: accounts over the database, the check of every request, and routes.
struct AccessPart {
    let accounts: Accounts
    let verifiers = TokenVerifiers()
    let providers = ProviderSignOut()
    let cookie: SessionCookie
    /// What is being answered at length.
    let requests = OpenRequests()
    /// Says that credentials may have ended; looks at what is open.
    let turns: (changes: AsyncStream<Void>, note: AsyncStream<Void>.Continuation)
    /// Whether others can reach the server.
    let isPublic: Bool
    private let sessionLifetime: Duration
    private let logger: Logger

    /// How often moments of use are written down, and other processes' changes looked for.
    private static let upkeep = Duration.seconds(2)

    /// Reads everything from the database.
    ///
    /// - Parameters:
    ///   - configuration: where it listens, and what operators chose.
    ///   - database: brought up to date.
    ///   - sealer: seals the secrets of second factors.
    ///   - logger: told of what happens to accounts.
    ///   - report: told of the same, for the audit log.
    /// - Returns: the part, ready to check requests.
    /// - Throws: when the database cannot be read.
    static func open(
        _ configuration: Configuration, database: Database, sealer: SecretSealer, logger: Logger,
        report: @escaping @Sendable (AccessEvent) -> Void = { _ in }
    ) async throws -> AccessPart {
        let chosen = configuration.access
        var settings = AccessSettings()
        settings.sessionIdle = chosen.sessionIdle
        settings.sessionLifetime = chosen.sessionLifetime
        settings.passwords = PasswordRules(charactersMin: chosen.passwordCharactersMin)
        settings.weights = QueueWeights(
            Dictionary(
                configuration.gateway.weights.map { ($0.tenant, $0.weight) }, uniquingKeysWith: { first, _ in first }))
        let desk = PasswordDesk(
            PasswordHash.Parameters(memoryBytes: chosen.passwordMemory.bytes, passes: chosen.passwordPasses))
        let store = AccessRecordStore(database, sealer: sealer) { error in
            logger.error("the secret of a second factor cannot be opened", [.error: .error(error)])
        }
        let count = try await store.sealSecrets()
        if count > 0 { logger.notice("secrets of second factors were sealed", ["count": .integer(Int64(count))]) }
        let turns = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var surroundings = Accounts.Surroundings(
            store: store, tallies: SignInTallyRecords(database), tools: .sodium, hasher: desk, now: UnixTime.now
        ) { event in
            logger.log(event.kind.isRefusal ? .warning : .notice, "access", event.logFields)
            report(event)
        }
        surroundings.changed = { turns.continuation.yield() }
        return AccessPart(
            accounts: try await Accounts.open(surroundings, settings: settings),
            cookie: SessionCookie(isSecure: configuration.server.tls != nil || chosen.hasSecureCookies),
            turns: (turns.stream, turns.continuation),
            isPublic: !Self.isLoopback(configuration.server.host), sessionLifetime: settings.sessionLifetime,
            logger: logger)
    }

    private init(
        accounts: Accounts, cookie: SessionCookie, turns: (AsyncStream<Void>, AsyncStream<Void>.Continuation),
        isPublic: Bool, sessionLifetime: Duration, logger: Logger
    ) {
        self.accounts = accounts
        self.cookie = cookie
        self.turns = turns
        self.isPublic = isPublic
        self.sessionLifetime = sessionLifetime
        self.logger = logger
    }

    /// Nobody signs in where there is no user, and nobody else comes.
    var mode: AccessModeSource {
        let (index, isPublic) = (accounts.index, isPublic)
        return { index.userCount == 0 && !isPublic ? .open : .signIn }
    }

    /// The check of requests of one listener.
    ///
    /// - Parameters:
    ///   - isLocal: whether it is the data directory's socket.
    ///   - refuse: makes the answers of refusals.
    /// - Returns: the middleware.
    func authentication(isLocal: Bool, refuse: @escaping ErrorResponder) -> Authentication {
        Authentication(
            mode: mode, credentials: accounts.credentials, verifiers: verifiers, cookie: cookie, open: requests,
            isLocal: isLocal, refuse: refuse)
    }

    var routes: [Route] {
        SessionRoutes(accounts, mode: mode, cookie: cookie, lifetime: sessionLifetime, providers: providers).routes
            + SecondFactorRoutes(accounts).routes + UserRoutes(accounts).routes + KeyRoutes(accounts).routes
            + GroupRoutes(accounts).routes
    }

    /// Upkeep until the task is cancelled; what was used last is written down at the end.
    func run() async {
        async let ending: Void = endWhatEnded()
        await keepUp()
        await ending
    }

    /// Credentials may have ended elsewhere: tokens were revoked.
    @Sendable func noteEnded() { turns.note.yield() }

    /// Ends what is open of credentials that have ended, as soon as they have.
    private func endWhatEnded() async {
        let check = StandingCheck(index: accounts.index, verifiers: verifiers)
        for await _ in turns.changes {
            let count = await requests.end { [accounts] in await check.fault(of: $0, now: accounts.moment) }
            if count > 0 {
                logger.notice(
                    "ended what was open of credentials that have ended", ["count": .integer(Int64(count))])
            }
        }
    }

    private func keepUp() async {
        var count = 0
        while !Task.isCancelled {
            do {
                try await accounts.keepUp()
                if count.isMultiple(of: 300) { try await accounts.cleanUp() }
            } catch {
                if !Task.isCancelled {
                    logger.warning("accounts could not be brought up to date", [.error: .error(error)])
                }
            }
            // Some end because their time is over, which nobody tells.
            if requests.count > 0 { noteEnded() }
            count += 1
            do { try await Task.sleep(for: Self.upkeep) } catch { break }
        }
    }

    /// Writes down what is not yet.
    func close() async {
        do {
            try await accounts.keepUp()
        } catch {
            logger.warning("the last uses of keys were not written down", [.error: .error(error)])
        }
    }

    /// Whether an address is this machine's own, which nobody else reaches.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension AccessEvent.Kind {
    var isRefusal: Bool { self == .signInRefused || self == .signInThrottled }
}

extension AccessEvent {
    var logFields: LogFields {
        var fields: LogFields = ["event": .string(kind.rawValue), "subject": .string(subject)]
        if let actor { fields["by"] = .string(actor.text) }
        if !address.isEmpty { fields["remote"] = .string(address) }
        if !detail.isEmpty { fields["detail"] = .string(detail) }
        return fields
    }
}

extension AccessPart {
    /// Who somebody is now, for work that goes on for them when they have gone: as they may do it, not as their credential.
    var person: @Sendable (ConversationOwner) -> Principal? {
        let index = accounts.index
        return { owner in
            // Who uses a server that has no users, and whoever opens the data directory's socket.
            if owner == ConversationOwner(.local) { return .local }
            guard let found = index.principal(of: owner.user, origin: .token("background")),
                found.tenant == owner.tenant
            else { return nil }
            return found
        }
    }
}
