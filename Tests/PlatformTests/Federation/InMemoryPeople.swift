import Access
import Synchronization
import Telemetry
import Vocabulary

/// The users of a server whose sign-in is tested: by identity, as the real ones are, without a database.
final class InMemoryPeople: ExternalUsers {
    struct State {
        var users: [String: User] = [:]
        var sessions: [String] = []
        var disabled: Set<UserID> = []
        var ended: Set<String> = []
    }
    let state = Mutex(State())

    func user(for identity: ExternalIdentity, rules: ExternalUserRules) async throws -> User {
        guard let role = rules.role(for: identity.groups) else { throw ServiceError(.forbidden, "in no group") }
        return state.withLock { state in
            let key = identity.issuer + " " + identity.subject
            if let known = state.users[key] { return known }
            let id = UserID("usr_\(state.users.count + 1)")
            let user = User(
                id: id, name: identity.name ?? identity.subject, displayName: identity.displayName ?? "", role: role,
                tenant: TenantID(id.text), createdAt: UnixTime(seconds: 0))
            state.users[key] = user
            return user
        }
    }

    func endSessions(meantBy order: LogoutOrder) async throws -> Int { 0 }

    func startSession(
        for user: UserID, from client: ClientTrace, provider: ProviderSession?
    ) async throws -> StartedSession {
        state.withLock { state in
            state.sessions.append(user.text)
            return StartedSession(
                session: Session(
                    id: "ses_\(state.sessions.count)", user: user, tokenHash: [], createdAt: UnixTime(seconds: 0),
                    expiresAt: UnixTime(seconds: 0), seenAt: UnixTime(seconds: 0), client: client,
                    provider: provider),
                token: Redacted("token-of-\(user.text)"))
        }
    }

    func principal(of user: UserID, origin: Principal.Origin) -> Principal? {
        state.withLock { state in
            guard let found = state.users.values.first(where: { $0.id == user }), !state.disabled.contains(user) else {
                return nil
            }
            return Principal(
                user: user, name: found.name, tenant: found.tenant, role: found.role, origin: origin,
                priorityMax: .high)
        }
    }
}
