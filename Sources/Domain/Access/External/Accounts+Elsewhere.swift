import Telemetry
import Vocabulary

extension Accounts {
    /// From now on a directory is asked for names that have no password here.
    public func ask(_ directory: any PasswordsElsewhere) { elsewhere = directory }

    /// Tells what happened elsewhere about access, as what happens here is told.
    public nonisolated func note(_ event: AccessEvent) {
        tell(
            event.kind, by: event.actor.flatMap { principal(of: $0, origin: .local) }, event.subject, event.detail,
            client: ClientTrace(address: event.address))
    }

    /// Whether the key or session of an id counts still: what was made with it ends with it.
    public nonisolated func isAlive(_ credential: String) -> Bool {
        let (now, idle) = (now(), settings.sessionIdle)
        return index.read { state in
            if let session = state.records.sessions[credential] {
                return session.isValid(at: now, idle: idle) && state.sessionCredentials[credential]?.principal != nil
            }
            guard let key = state.records.keys[credential] else { return false }
            return key.state(at: now) == .active && state.keyCredentials[credential]?.principal != nil
        }
    }

    /// Signs somebody in whose password a directory knows.
    ///
    /// - Parameters:
    ///   - attempt: what was typed.
    ///   - counted: of the throttle.
    ///   - local: the user of this name here; one who has a password here is not looked for elsewhere.
    /// - Returns: `nil` when it is nobody's there.
    /// - Throws: `ServiceError` when the directory cannot be asked, or does not let them in; `secondFactorRequired`.
    func signInElsewhere(
        _ attempt: SignInAttempt, _ counted: SignInThrottle.Attempt, local: User?
    ) async throws -> StartedSession? {
        guard let elsewhere, local?.password == nil else { return nil }
        let user: User
        do {
            guard let identity = try await elsewhere.identity(name: attempt.name, password: attempt.password) else {
                return nil
            }
            user = try await self.user(for: identity, rules: elsewhere.rules)
        } catch {
            try await throttle.release(counted)
            throw error
        }
        if let factor = user.secondFactor, factor.isConfirmed {
            guard let code = attempt.code, !code.isEmpty else {
                try await throttle.release(counted)
                throw ServiceError(
                    .secondFactorRequired, "A code of your second factor is needed.",
                    hint: "Send it as `code`, or a recovery code.", parameter: "code")
            }
            guard try await useCode(code, of: user) else {
                tell(.signInRefused, by: nil, user.name, "second factor", client: attempt.client)
                throw Self.wrongCode
            }
        }
        try await throttle.succeed(counted)
        let started = try await startSession(for: user.id, from: attempt.client)
        tell(
            .signedIn, by: principal(of: user.id, origin: .session(started.session.id)), started.session.id,
            "by the directory's word", client: attempt.client)
        return started
    }
}
