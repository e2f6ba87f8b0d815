import Telemetry
public import Vocabulary

extension Accounts {
    public func startSession(
        for user: UserID, from client: ClientTrace, provider: ProviderSession? = nil
    ) async throws -> StartedSession {
        let token = SecretText.base32(tools.random(KeyText.secretByteCount))
        let now = now()
        let session = Session(
            id: newID("ses_"), user: user, tokenHash: tools.hash(token, .session, key: hashKey), createdAt: now,
            expiresAt: now + settings.sessionLifetime, seenAt: now, client: client,
            provider: provider)
        let sessionsMax = settings.sessionsMax
        try await change { state in
            guard let found = state.records.users[user], !found.isDisabled else { throw Self.wrong }
            let others = state.records.sessions.values.filter { $0.user == user }.sorted { $0.seenAt < $1.seenAt }
            let ended = others.prefix(max(0, others.count - sessionsMax + 1))
            return (ended.map { .endSession($0.id) } + [.startSession(session)], ())
        }
        return StartedSession(session: session, token: Redacted(token))
    }

    /// Sessions that count now.
    ///
    /// - Parameter user: whose; `nil` for everybody's.
    /// - Returns: the newest first.
    public nonisolated func sessions(of user: UserID?) -> [Session] {
        let (now, idle) = (now(), settings.sessionIdle)
        return index.read { state in
            state.records.sessions.values.filter { (user == nil || $0.user == user) && $0.isValid(at: now, idle: idle) }
        }.sorted { $0.createdAt > $1.createdAt }
    }

    /// Ends a session at once.
    ///
    /// - Parameters:
    ///   - id: which one.
    ///   - caller: its user, or somebody who may change users.
    /// - Throws: `notFound`, also when it is somebody else's.
    public func endSession(_ id: String, by caller: Principal) async throws {
        try await change { state in
            guard let session = state.records.sessions[id], Self.mayTouch(session.user, caller) else {
                throw ServiceError(.notFound, "There is no such session.", hint: "GET /api/v1/session/all lists yours.")
            }
            return ([.endSession(id)], ())
        }
        tell(.signedOut, by: caller, id)
    }

    /// Ends all sessions of a user.
    ///
    /// - Parameters:
    ///   - user: whose.
    ///   - kept: one that goes on.
    ///   - caller: who does it.
    /// - Returns: how many ended.
    /// - Throws: what the database throws.
    @discardableResult
    public func endSessions(of user: UserID, keeping kept: String? = nil, by caller: Principal) async throws -> Int {
        let count = try await change { state in
            let sessions = state.records.sessions.values.filter { $0.user == user && $0.id != kept }
            return (sessions.map { AccessChange.endSession($0.id) }, sessions.count)
        }
        if count > 0 { tell(.signedOut, by: caller, user.text, "\(count) sessions") }
        return count
    }

    public func endSessions(meantBy order: LogoutOrder) async throws -> Int {
        let ended = try await change { state in
            let sessions = state.records.sessions.values.filter { $0.provider?.isMeant(by: order) ?? false }
            return (sessions.map { AccessChange.endSession($0.id) }, sessions)
        }
        for session in ended { tell(.signedOut, by: nil, session.id, "by its provider") }
        return ended.count
    }

    /// A session of whoever asks; `nil` where their credential is none.
    public nonisolated func session(of caller: Principal) -> Session? {
        guard case .session(let id) = caller.origin else { return nil }
        return index.read { $0.records.sessions[id] }
    }

    /// Whether a caller may see and change what belongs to a user: their own, or anybody's with the right to change users.
    static func mayTouch(_ owner: UserID, _ caller: Principal) -> Bool {
        owner == caller.user && caller.origin != .anonymous || PermissionTable.allows(caller, "users.write")
    }
}
