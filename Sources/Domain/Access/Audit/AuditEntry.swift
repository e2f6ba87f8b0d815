public import Vocabulary

/// Something that happened for which somebody may have to answer: who did what to what, from where, and how it ended.
///
/// It holds no secret: texts come from the closed set of ``AuditDetails/Key``, and every text is bounded and free of
/// control characters.
public struct AuditEntry: Sendable, Equatable {
    /// Microseconds since 1970; ``AuditLog`` sets it when it takes the entry.
    public var at: Int64 = 0
    public var action: AuditAction
    public var outcome: AuditOutcome
    /// `nil` when nobody knows, as before a sign-in.
    public var actor: AuditActor?
    /// What it was done to: `deployment:qwen`, `user:usr_…`.
    public var target: String?
    public var details: AuditDetails
    /// Where the request came from.
    public var source: AuditSource?

    /// - Parameters:
    ///   - action: what was done.
    ///   - outcome: how it ended.
    ///   - actor: who; the caller of the request that is being answered when left out.
    ///   - target: what it was done to, as `kind:name`.
    ///   - details: the rest.
    public init(
        _ action: AuditAction, _ outcome: AuditOutcome = .succeeded, by actor: AuditActor? = .current,
        on target: String? = nil, details: AuditDetails = [:]
    ) {
        self.action = action
        self.outcome = outcome
        self.actor = actor
        self.target = target.map { AuditText.safe($0) }
        self.details = details
        source = AuditSource.current
    }
}

/// How something ended that is written down.
public enum AuditOutcome: String, Sendable, CaseIterable {
    case succeeded
    /// The caller may not do this, or did not prove who it is.
    case refused
    /// It was allowed and went wrong.
    case failed
}

/// What was done, as a stable word: `sign_in`.
public struct AuditAction: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = AuditText.safe(rawValue) }
    public init(stringLiteral value: String) { self.init(rawValue: value) }

    public static let signIn: Self = "sign_in"
    public static let signOut: Self = "sign_out"
    /// A second factor was asked for and given, or not.
    public static let secondFactor: Self = "second_factor"
    /// A request was refused with 401 or 403.
    public static let refusal: Self = "refusal"
    /// Further refusals of one address within a minute, counted instead of told one by one.
    public static let refusals: Self = "refusals"
    public static let keyCreated: Self = "key_created"
    public static let keyRotated: Self = "key_rotated"
    public static let keyRevoked: Self = "key_revoked"
    /// A key was used from an address that it had not been used from.
    public static let keyNewAddress: Self = "key_new_address"
    /// A key was used much more often than ``KeyUsePatterns/burst`` in a minute.
    public static let keyBurst: Self = "key_burst"
    public static let userCreated: Self = "user_created"
    public static let userChanged: Self = "user_changed"
    public static let userDeleted: Self = "user_deleted"
    public static let secretRead: Self = "secret_read"
    public static let secretChanged: Self = "secret_changed"
    public static let secretsRotated: Self = "secrets_rotated"
    public static let configurationChanged: Self = "configuration_changed"
    /// The server started, with the configuration of `details`.
    public static let started: Self = "started"
    public static let stopped: Self = "stopped"
    /// Some other order to the API; its operation is in the details.
    public static let order: Self = "order"
    /// The trail itself was read or exported.
    public static let auditRead: Self = "audit_read"
    /// Entries were lost because more came than could be written; how many is in the details.
    public static let entriesLost: Self = "entries_lost"
}

/// Where a request came from. Set for the whole of its answering, so that entries need not be told.
public struct AuditSource: Sendable, Equatable {
    /// The client's address, behind trusted proxies too; empty for a Unix socket.
    public var address: String
    public var requestID: String

    public init(address: String, requestID: String) {
        self.address = AuditText.safe(address)
        self.requestID = AuditText.safe(requestID)
    }

    /// Of the request that is being answered.
    @TaskLocal public static var current: AuditSource?
}

/// Who did something, as the trail keeps it: no credential, only the ids of credentials.
public struct AuditActor: Sendable, Equatable {
    public var user: String
    public var name: String
    public var tenant: String
    public var role: String
    /// `open`, `nobody`, `local`, `session`, `api_key` or `token`.
    public var via: String
    /// The id of the key or token; nothing for sessions, whose ids may be credentials.
    public var credential: String?

    public init(_ principal: Principal) {
        user = AuditText.safe(principal.user.text)
        name = AuditText.safe(principal.name)
        tenant = AuditText.safe(principal.tenant.name)
        role = principal.role.rawValue
        switch principal.origin {
        case .open: via = "open"
        case .anonymous: via = "nobody"
        case .local: via = "local"
        case .session: via = "session"
        case .apiKey(let id):
            via = "api_key"
            credential = AuditText.safe(id)
        case .token(let id):
            via = "token"
            credential = AuditText.safe(id)
        }
    }

    /// Of the request that is being answered.
    public static var current: AuditActor? { Principal.current.map(AuditActor.init) }
}
