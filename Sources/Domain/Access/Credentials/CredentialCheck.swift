import Telemetry
public import Vocabulary

/// Tells who a key or a session's token stands for. A few microseconds, in memory only.
public struct CredentialCheck: Sendable {
    private let index: AccessIndex
    private let tools: SecretTools
    private let hashKey: Redacted<[UInt8]>
    private let sessionIdle: Duration
    private let now: @Sendable () -> UnixTime

    init(
        index: AccessIndex, tools: SecretTools, hashKey: Redacted<[UInt8]>, sessionIdle: Duration,
        now: @escaping @Sendable () -> UnixTime
    ) {
        self.index = index
        self.tools = tools
        self.hashKey = hashKey
        self.sessionIdle = sessionIdle
        self.now = now
    }

    /// Who an API key stands for.
    ///
    /// - Parameter text: the whole key.
    /// - Returns: its user, within what the key is restricted to.
    /// - Throws: `unauthenticated`. Only who has the right secret learns whether a key is expired or revoked.
    public func principal(forKey text: String) throws(ServiceError) -> Principal {
        guard let (id, secret) = KeyText.parse(text) else { throw Self.invalidKey }
        let now = now()
        let (credential, state) = index.read { ($0.keyCredentials[id], $0.records.keys[id]?.state(at: now)) }
        // Hashed in any case, so that time tells nothing about ids.
        let hash = tools.hash(secret, .apiKey, key: hashKey)
        guard tools.isEqual(hash, credential?.hash ?? []), let credential, let state else { throw Self.invalidKey }
        switch state {
        case .active: break
        case .expired: throw Self.refused("This API key has expired.", "Ask its owner to rotate it.")
        case .revoked: throw Self.refused("This API key was revoked.", "Use another one.")
        }
        guard let principal = credential.principal else {
            throw Self.refused("The user of this API key is disabled.", "Ask an administrator.")
        }
        index.noteUse(ofKey: id, now)
        return principal
    }

    /// Who a session's token stands for.
    ///
    /// - Parameter token: the cookie's value.
    /// - Returns: its user; `nil` when the session ended, or never was.
    public func principal(forSession token: String) -> Principal? {
        guard token.utf8.count == KeyText.secretCount else { return nil }
        let hash = tools.hash(token, .session, key: hashKey)
        let now = now()
        let found: (principal: Principal, id: String)? = index.read { state in
            guard let id = state.sessionsByHash[hash], let session = state.records.sessions[id],
                session.isValid(at: now, idle: sessionIdle), let principal = state.sessionCredentials[id]?.principal
            else { return nil }
            return (principal, id)
        }
        guard let found else { return nil }
        index.noteUse(ofSession: found.id, now)
        return found.principal
    }

    private static var invalidKey: ServiceError {
        refused("This API key is not valid.", "Send a key of this server as `Authorization: Bearer KEY`.")
    }

    private static func refused(_ message: String, _ hint: String) -> ServiceError {
        ServiceError(.unauthenticated, message, hint: hint)
    }
}

extension Session {
    /// Whether neither its whole time nor its time without use is over.
    func isValid(at now: UnixTime, idle: Duration) -> Bool { expiresAt > now && seenAt + idle > now }
}
