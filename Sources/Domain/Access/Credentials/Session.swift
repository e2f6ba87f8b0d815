public import Telemetry
public import Vocabulary

/// A browser that somebody signed in with.
public struct Session: Sendable, Equatable {
    /// `ses_…`; tells nothing about the token.
    public let id: String
    public let user: UserID
    /// The keyed hash of the token, which is kept nowhere.
    public let tokenHash: [UInt8]
    public let createdAt: UnixTime
    /// When it ends whatever happens.
    public let expiresAt: UnixTime
    /// When it was used last, to some seconds.
    public var seenAt: UnixTime
    public let client: ClientTrace
    /// The session at a provider that it began with; `nil` for those who brought a password or an assertion.
    public let provider: ProviderSession?

    public init(
        id: String, user: UserID, tokenHash: [UInt8], createdAt: UnixTime, expiresAt: UnixTime, seenAt: UnixTime,
        client: ClientTrace, provider: ProviderSession? = nil
    ) {
        self.id = id
        self.user = user
        self.tokenHash = tokenHash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.seenAt = seenAt
        self.client = client
        self.provider = provider
    }
}

/// Where somebody sits, as far as their request tells: for their list of sessions, for the audit log, and for throttling.
public struct ClientTrace: Sendable, Equatable {
    /// The peer's IP address; empty over a Unix socket.
    public var address: String
    /// The program, as it names itself; cut to ``agentBytesMax``.
    public let agent: String

    public static let agentBytesMax = 200

    public init(address: String, agent: String = "") {
        self.address = address
        self.agent = String(decoding: agent.utf8.prefix(Self.agentBytesMax), as: UTF8.self)
    }
}

/// A session that has just begun, with what its browser keeps.
public struct StartedSession: Sendable, Equatable {
    public let session: Session
    /// For the cookie; shown once.
    public let token: Redacted<String>

    public init(session: Session, token: Redacted<String>) {
        self.session = session
        self.token = token
    }
}
