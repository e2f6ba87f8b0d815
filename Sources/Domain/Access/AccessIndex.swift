import Synchronization
public import Telemetry
public import Vocabulary

/// The records in memory, arranged for looking up: what every request is checked against, so that none asks the database.
///
/// It changes when the database has, under one lock: whoever is told that a key is revoked can rely on it.
public final class AccessIndex: Sendable {
    /// A credential with everything that its request needs.
    struct Credential: Sendable {
        let hash: [UInt8]
        let user: UserID
        /// `nil` while the user is disabled.
        let principal: Principal?
    }

    struct State: Sendable {
        fileprivate(set) var records = AccessRecords()
        fileprivate(set) var names: [String: UserID] = [:]
        fileprivate(set) var emails: [String: UserID] = [:]
        fileprivate(set) var sessionsByHash: [[UInt8]: String] = [:]
        fileprivate(set) var keyCredentials: [String: Credential] = [:]
        fileprivate(set) var sessionCredentials: [String: Credential] = [:]
        /// Moments of use that the database does not know yet.
        fileprivate(set) var keyUses: [String: UnixTime] = [:]
        fileprivate(set) var sessionUses: [String: UnixTime] = [:]
        let weights: QueueWeights
    }

    /// Uses closer together than this are one.
    static let usePrecision = Duration.seconds(5)

    private let state: Mutex<State>

    /// - Parameter weights: what queues give tenants for which nothing else was set.
    public init(weights: QueueWeights = QueueWeights()) { state = Mutex(State(weights: weights)) }

    func read<Result>(_ body: (borrowing State) -> Result) -> Result where Result: Sendable {
        state.withLock { body($0) }
    }

    func reading<Result: Sendable>(
        _ body: @Sendable (borrowing State) throws -> ([AccessChange], Result)
    ) throws -> ([AccessChange], Result) {
        try state.withLock { try body($0) }
    }

    public var userCount: Int { read { $0.records.users.count } }

    /// Whether somebody may do everything.
    public var hasAdministrator: Bool {
        read { $0.records.users.values.contains { $0.role == .admin && !$0.isDisabled } }
    }

    /// A user as a caller; `nil` when there is none, or they are disabled.
    public func principal(of user: UserID, origin: Principal.Origin) -> Principal? {
        read { $0.principal(of: user, origin: origin) }
    }

    /// Whether a caller's credential still counts: for connections that stay open long.
    ///
    /// - Parameters:
    ///   - principal: as it was when the connection began.
    ///   - now: the moment.
    /// - Returns: whether a new request with it would be let in.
    public func isValid(_ principal: Principal, now: UnixTime) -> Bool {
        read { state in
            switch principal.origin {
            case .open: state.records.users.isEmpty
            case .local, .anonymous: true
            case .session(let id):
                state.records.sessions[id].map { $0.expiresAt > now } ?? false
                    && state.sessionCredentials[id]?.principal != nil
            case .apiKey(let id):
                state.records.keys[id]?.state(at: now) == .active && state.keyCredentials[id]?.principal != nil
            case .token: state.principal(of: principal.user, origin: principal.origin) != nil
            }
        }
    }

    /// Who the credential of a caller stands for by now.
    ///
    /// - Parameter principal: as it was when its request began.
    /// - Returns: `nil` where the session, key or user is gone or disabled; tokens and others are returned as they are.
    public func current(_ principal: Principal) -> Principal? {
        read { state in
            switch principal.origin {
            case .open, .local, .anonymous, .token: principal
            case .session(let id): state.sessionCredentials[id]?.principal
            case .apiKey(let id): state.keyCredentials[id]?.principal
            }
        }
    }

    // MARK: Changing

    /// Takes what the database has.
    func replace(_ records: AccessRecords) {
        state.withLock { state in
            let (keyUses, sessionUses) = (state.keyUses, state.sessionUses)
            state = State(weights: state.weights)
            state.records = records
            for user in records.users.values { state.enter(user) }
            for session in records.sessions.values { state.sessionsByHash[session.tokenHash] = session.id }
            for user in records.users.keys { state.arrange(user) }
            state.keyUses = keyUses.filter { records.keys[$0.key] != nil }
            state.sessionUses = sessionUses.filter { records.sessions[$0.key] != nil }
        }
    }

    /// Makes changes that the database has made.
    func apply(_ changes: [AccessChange]) {
        state.withLock { state in
            for change in changes { state.apply(change) }
            if changes.contains(where: \.isRevision) { state.records.revision += 1 }
        }
    }

    // MARK: Use

    func noteUse(ofKey id: String, _ now: UnixTime) {
        state.withLock { state in
            guard let key = state.records.keys[id] else { return }
            if let last = key.lastUsedAt, last + Self.usePrecision > now { return }
            state.records.keys[id]?.lastUsedAt = now
            state.keyUses[id] = now
        }
    }

    func noteUse(ofSession id: String, _ now: UnixTime) {
        state.withLock { state in
            guard let session = state.records.sessions[id], session.seenAt + Self.usePrecision <= now else { return }
            state.records.sessions[id]?.seenAt = now
            state.sessionUses[id] = now
        }
    }

    /// The moments of use that the database is to be told, once.
    func takeUses() -> [AccessChange] {
        state.withLock { state in
            defer { (state.keyUses, state.sessionUses) = ([:], [:]) }
            return state.keyUses.map { .keyUsed($0.key, $0.value) }
                + state.sessionUses.map { .sessionSeen($0.key, $0.value) }
        }
    }
}

extension AccessIndex.State {
    func user(named name: String) -> User? {
        (names[name] ?? emails[name]).flatMap { records.users[$0] } ?? records.users[UserID(name)]
    }

    func teams(of user: UserID) -> [String] {
        records.teams.values.filter { $0.members.contains(user) }.map(\.id).sorted()
    }

    func principal(of id: UserID, origin: Principal.Origin) -> Principal? {
        guard let user = records.users[id], !user.isDisabled else { return nil }
        return Principal(
            user: id, name: user.name, tenant: user.tenant, teams: teams(of: id), role: user.role, origin: origin,
            userModels: user.models ?? records.roleModels[user.role], priorityMax: user.priorityMax,
            weight: weight(of: user))
    }

    func weight(of user: User) -> Double {
        records.tenants[user.tenant].map(weights.weight(of:)) ?? weights.weight(of: user)
    }

    fileprivate mutating func apply(_ change: AccessChange) {
        let before = affected(by: change)
        switch change {
        case .saveUser(let user): leave(user.id)
        case .removeUser(let id):
            leave(id)
            for (key, value) in keyCredentials where value.user == id { keyCredentials[key] = nil }
            for session in records.sessions.values where session.user == id { forget(session.id) }
        case .removeKey(let id): keyCredentials[id] = nil
        case .endSession(let id): forget(id)
        default: break
        }
        records.apply(change)
        switch change {
        case .saveUser(let user): enter(user)
        case .startSession(let session): sessionsByHash[session.tokenHash] = session.id
        default: break
        }
        for user in before.union(affected(by: change)) { arrange(user) }
    }

    /// Users whose principals a change may alter.
    private func affected(by change: AccessChange) -> Set<UserID> {
        switch change {
        case .saveUser(let user): [user.id]
        case .saveKey(let key): [key.user]
        case .startSession(let session): [session.user]
        case .saveTeam(let team): team.members.union(records.teams[team.id]?.members ?? [])
        case .removeTeam(let id): records.teams[id]?.members ?? []
        case .saveTenant(let tenant): Set(records.users.values.filter { $0.tenant == tenant.id }.map(\.id))
        case .setRoleModels: Set(records.users.keys)
        default: []
        }
    }

    fileprivate mutating func enter(_ user: User) {
        names[user.name] = user.id
        if let email = user.email { emails[email] = user.id }
    }

    private mutating func leave(_ id: UserID) {
        guard let user = records.users[id] else { return }
        names[user.name] = nil
        if let email = user.email { emails[email] = nil }
    }

    private mutating func forget(_ session: String) {
        if let hash = records.sessions[session]?.tokenHash { sessionsByHash[hash] = nil }
        sessionCredentials[session] = nil
        sessionUses[session] = nil
    }

    /// Makes the principals of a user's credentials anew.
    ///
    /// - Complexity: O(all keys and sessions); changes of people are rare.
    fileprivate mutating func arrange(_ id: UserID) {
        for key in records.keys.values where key.user == id {
            var principal = principal(of: id, origin: .apiKey(key.id))
            principal?.scopes = key.scopes.map(PermissionTable.expand)
            principal?.models = key.models
            if let most = key.priorityMax, let own = principal?.priorityMax { principal?.priorityMax = min(most, own) }
            keyCredentials[key.id] = .init(hash: key.secretHash, user: id, principal: principal)
        }
        for session in records.sessions.values where session.user == id {
            sessionCredentials[session.id] = .init(
                hash: session.tokenHash, user: id, principal: principal(of: id, origin: .session(session.id)))
        }
    }
}
