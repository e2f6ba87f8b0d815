public import Telemetry
public import Vocabulary

/// Users, teams, tenants, keys and sessions: all that changes them goes through here.
///
/// Changes are made one after the other: decided on the records in memory, written to the database in one transaction, and only
/// then seen. Questions are answered from ``index`` without waiting for anybody.
public actor Accounts: ExternalUsers {
    public nonisolated let index: AccessIndex
    public nonisolated let credentials: CredentialCheck
    nonisolated let settings: AccessSettings
    nonisolated let tools: SecretTools
    nonisolated let hasher: any PasswordHashing
    nonisolated let now: @Sendable () -> UnixTime
    nonisolated let hashKey: Redacted<[UInt8]>
    nonisolated let throttle: SignInThrottle
    private nonisolated let store: any AccessStore
    private nonisolated let report: @Sendable (AccessEvent) -> Void
    private nonisolated let changed: @Sendable () -> Void
    /// Hash of a password that nobody knows; made at the first sign-in, because it takes its time.
    private var decoyHash: Redacted<String>?

    /// Asked for names that have no password here.
    var elsewhere: (any PasswordsElsewhere)?
    /// The one-time link's token, hashed, and when it ends.
    var invitation: (hash: [UInt8], expiresAt: UnixTime)?
    private var isChanging = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// What this part needs of the world.
    public struct Surroundings: Sendable {
        public var store: any AccessStore
        /// Where failed sign-ins are counted.
        public var tallies: any SignInTallyStore
        public var tools: SecretTools
        public var hasher: any PasswordHashing
        public var now: @Sendable () -> UnixTime
        /// Told of everything that belongs into the audit log. Must not wait.
        public var report: @Sendable (AccessEvent) -> Void
        /// Told when records have changed, here or in another process: credentials may count no more. Must not wait.
        public var changed: @Sendable () -> Void = {}

        public init(
            store: any AccessStore, tallies: any SignInTallyStore, tools: SecretTools, hasher: any PasswordHashing,
            now: @escaping @Sendable () -> UnixTime, report: @escaping @Sendable (AccessEvent) -> Void = { _ in }
        ) {
            self.store = store
            self.tallies = tallies
            self.tools = tools
            self.hasher = hasher
            self.now = now
            self.report = report
        }
    }

    /// Reads everything from the database.
    ///
    /// - Parameters:
    ///   - surroundings: database, cryptography, clock.
    ///   - settings: what operators chose.
    /// - Returns: ready to answer.
    /// - Throws: when the database cannot be read.
    public static func open(
        _ surroundings: Surroundings, settings: AccessSettings = AccessSettings()
    ) async throws -> Accounts {
        var records = try await surroundings.store.load()
        if records.hashKey == nil {
            let key = Redacted(surroundings.tools.random(32))
            do {
                try await surroundings.store.apply([.setHashKey(key)])
            } catch is AccessConflict {
                // Another process has made one in this moment.
            }
            records = try await surroundings.store.load()
        }
        guard let key = records.hashKey else {
            throw ServiceError(.internalError, "The database keeps no key for hashes.", hint: "Can it be written?")
        }
        return Accounts(surroundings, settings, records, key)
    }

    private init(
        _ surroundings: Surroundings, _ settings: AccessSettings, _ records: AccessRecords,
        _ hashKey: Redacted<[UInt8]>
    ) {
        index = AccessIndex(weights: settings.weights)
        index.replace(records)
        self.settings = settings
        self.hashKey = hashKey
        store = surroundings.store
        tools = surroundings.tools
        throttle = SignInThrottle(surroundings.tallies) { [tools = surroundings.tools] text in
            tools.hash(text, .attempt, key: hashKey)
        }
        hasher = surroundings.hasher
        now = surroundings.now
        report = surroundings.report
        changed = surroundings.changed
        credentials = CredentialCheck(
            index: index, tools: surroundings.tools, hashKey: hashKey, sessionIdle: settings.sessionIdle,
            now: surroundings.now)
    }

    /// Now, by this part's clock.
    public nonisolated var moment: UnixTime { now() }

    public nonisolated func principal(of user: UserID, origin: Principal.Origin) -> Principal? {
        index.principal(of: user, origin: origin)
    }

    nonisolated func tell(
        _ kind: AccessEvent.Kind, by actor: Principal?, _ subject: String, _ detail: String = "",
        client: ClientTrace? = nil
    ) {
        let who = actor.flatMap { $0.origin == .anonymous ? nil : $0.user }
        report(AccessEvent(kind, actor: who, subject: subject, address: client?.address ?? "", detail: detail))
    }

    /// What is checked where there is no user, so that this takes as long. Asked for whether there is one or not.
    func decoy() async throws -> Redacted<String> {
        if let decoyHash { return decoyHash }
        let made = try await hasher.hash(Redacted(SecretText.base32(tools.random(KeyText.secretByteCount))))
        decoyHash = made
        return made
    }

    // MARK: Changing

    /// Decides and makes changes while nobody else makes any.
    ///
    /// - Parameter decide: from the records as they are; what it returns first is written.
    /// - Returns: what `decide` returns second.
    /// - Throws: what `decide` throws; `conflict` where another process was faster; what the database throws.
    func change<Result: Sendable>(
        _ decide: @Sendable (borrowing AccessIndex.State) throws -> ([AccessChange], Result)
    ) async throws -> Result {
        await takeTurn()
        defer { endTurn() }
        let (changes, result) = try index.reading(decide)
        guard !changes.isEmpty else { return result }
        do {
            try await store.apply(changes)
        } catch is AccessConflict {
            // Somebody else changed the database: what is in memory is not what is there.
            index.replace(try await store.load())
            changed()
            throw ServiceError(
                .conflict, "Something of this name is there already, or what was asked for is gone.",
                hint: "Look again, then try again.")
        }
        index.apply(changes)
        changed()
        return result
    }

    private func takeTurn() async {
        guard isChanging else {
            isChanging = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func endTurn() {
        if waiting.isEmpty { isChanging = false } else { waiting.removeFirst().resume() }
    }

    // MARK: Upkeep

    /// Writes down when keys and sessions were used, and looks whether another process has changed anything.
    ///
    /// - Throws: what the database throws; nothing is lost but moments of use.
    public func keepUp() async throws {
        await takeTurn()
        defer { endTurn() }
        let uses = index.takeUses()
        if !uses.isEmpty { try await store.apply(uses) }
        if try await store.revision() != index.read({ $0.records.revision }) {
            index.replace(try await store.load())
            changed()
        }
    }

    /// Takes out sessions and keys that are over for good, and failed sign-ins that do not matter any more.
    public func cleanUp() async throws {
        try await throttle.trim(now())
        let (now, idle, kept) = (now(), settings.sessionIdle, settings.endedKeysKept)
        try await change { state in
            let sessions = state.records.sessions.values.filter { !$0.isValid(at: now, idle: idle) }
            let keys = state.records.keys.values.filter { key in
                guard key.state(at: now) != .active, let end = key.revokedAt ?? key.expiresAt else { return false }
                return end + kept <= now
            }
            return (sessions.map { .endSession($0.id) } + keys.map { .removeKey($0.id) }, ())
        }
    }

    // MARK: Ids

    /// `usr_` and 26 characters that sort by time.
    nonisolated func newID(_ prefix: String) -> String {
        var random = ToolRandom(tools: tools)
        return prefix
            + sortableSuffix(millisecondsSinceEpoch: now().nanoseconds / 1_000_000, using: &random)
    }
}

/// Chance for ids.
private struct ToolRandom: RandomNumberGenerator {
    let tools: SecretTools

    mutating func next() -> UInt64 { tools.random(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
