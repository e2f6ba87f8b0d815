public import Telemetry
public import Vocabulary

/// Everything that lasts of this part: as the database has it, and as the process keeps it in memory.
public struct AccessRecords: Sendable, Equatable {
    /// An identity of an issuer, by which a user is found.
    public struct IdentityKey: Sendable, Hashable {
        public var issuer: String
        public var subject: String

        public init(issuer: String, subject: String) {
            self.issuer = issuer
            self.subject = subject
        }
    }

    /// What hashes of keys and tokens are made with; made at the first start.
    public var hashKey: Redacted<[UInt8]>?
    /// Counts changes, so that other processes on the same database see that there were some.
    public var revision: Int64 = 0
    public var users: [UserID: User] = [:]
    public var identities: [IdentityKey: UserID] = [:]
    public var teams: [String: Team] = [:]
    public var tenants: [TenantID: Tenant] = [:]
    public var keys: [String: APIKey] = [:]
    public var sessions: [String: Session] = [:]
    /// Models of everybody in a role; a role that is not here may ask all.
    public var roleModels: [Role: [String]] = [:]

    public init() {}
}

/// One change. A list of them is made in one transaction, or not at all.
public enum AccessChange: Sendable, Equatable {
    case setHashKey(Redacted<[UInt8]>)
    /// A new user, or all of a known one.
    case saveUser(User)
    /// With keys, sessions, identities and memberships.
    case removeUser(UserID)
    case link(AccessRecords.IdentityKey, UserID)
    case saveTeam(Team)
    case removeTeam(String)
    case saveTenant(Tenant)
    case removeTenant(TenantID)
    case saveKey(APIKey)
    case removeKey(String)
    case startSession(Session)
    case endSession(String)
    case setRoleModels(Role, [String]?)
    /// A code of a second factor was used; refused when this step or a later one was used already.
    case useStep(UserID, Int64)
    /// A recovery code was used; refused when it is gone.
    case useRecovery(UserID, [UInt8])
    case keyUsed(String, UnixTime)
    case sessionSeen(String, UnixTime)

    /// Whether others must look again: not for times of use.
    public var isRevision: Bool {
        switch self {
        case .keyUsed, .sessionSeen: false
        default: true
        }
    }
}

/// The database refused a change, because something is there already or gone already.
public struct AccessConflict: Error, Equatable {
    public init() {}
}

/// Where the records last.
public protocol AccessStore: Sendable {
    /// Everything, as it is at one moment.
    func load() async throws -> AccessRecords

    /// Makes changes in one transaction, in their order; they last when this returns.
    ///
    /// - Parameter changes: what to do.
    /// - Throws: ``AccessConflict`` when a name is taken, or a code used up.
    func apply(_ changes: [AccessChange]) async throws

    /// How often anything but times of use was changed, by any process.
    func revision() async throws -> Int64
}

extension AccessRecords {
    /// Makes a change that the store has made.
    mutating func apply(_ change: AccessChange) {
        switch change {
        case .setHashKey(let key): hashKey = key
        case .saveUser(let user): users[user.id] = user
        case .removeUser(let id): remove(id)
        case .link(let identity, let id): identities[identity] = id
        case .saveTeam(let team): teams[team.id] = team
        case .removeTeam(let id): teams[id] = nil
        case .saveTenant(let tenant): tenants[tenant.id] = tenant
        case .removeTenant(let id): tenants[id] = nil
        case .saveKey(let key): keys[key.id] = key
        case .removeKey(let id): keys[id] = nil
        case .startSession(let session): sessions[session.id] = session
        case .endSession(let id): sessions[id] = nil
        case .setRoleModels(let role, let models): roleModels[role] = models
        case .useStep(let id, let step): users[id]?.secondFactor?.lastStep = step
        case .useRecovery(let id, let hash): users[id]?.secondFactor?.recoveryHashes.removeAll { $0 == hash }
        case .keyUsed(let id, let moment): keys[id]?.lastUsedAt = moment
        case .sessionSeen(let id, let moment): sessions[id]?.seenAt = moment
        }
    }

    private mutating func remove(_ id: UserID) {
        users[id] = nil
        identities = identities.filter { $0.value != id }
        keys = keys.filter { $0.value.user != id }
        sessions = sessions.filter { $0.value.user != id }
        for team in teams.keys { teams[team]?.members.remove(id) }
    }
}
