public import Telemetry
public import Vocabulary

/// What somebody types to sign in.
public struct SignInAttempt: Sendable {
    /// Name or e-mail address.
    public var name: String
    public var password: Redacted<String>
    /// A code of the second factor, or a recovery code.
    public var code: String?
    public var client: ClientTrace

    public init(name: String, password: Redacted<String>, code: String? = nil, client: ClientTrace) {
        self.name = name
        self.password = password
        self.code = code
        self.client = client
    }
}

extension Accounts {
    /// Signs somebody in.
    ///
    /// Whether there is no such user, they have no password, are disabled, or the password is wrong: the answer is the same, and
    /// the same work was done for it, one password hash.
    ///
    /// - Parameter attempt: what was typed.
    /// - Returns: a session of its own id, with the token for the cookie.
    /// - Throws: `unauthenticated`; `secondFactorRequired`; `rateLimited` after too many attempts.
    public func signIn(_ attempt: SignInAttempt) async throws -> StartedSession {
        let name = attempt.name.lowercased()
        guard name.utf8.count <= 254, attempt.password.revealed.utf8.count <= PasswordRules.bytesMax else {
            throw Self.wrong
        }
        let counted: SignInThrottle.Attempt
        do {
            counted = try await throttle.begin(name: name, address: attempt.client.address, now: now())
        } catch let error as ServiceError {
            tell(.signInThrottled, by: nil, name, client: attempt.client)
            throw error
        }
        let user: User?
        let verdict: PasswordVerdict
        do {
            let decoy = try await decoy()
            user = index.read { $0.user(named: name) }
            verdict = try await hasher.verify(attempt.password, against: user?.password?.hash ?? decoy)
        } catch {
            try await throttle.release(counted)
            throw error
        }
        // As they are now: much may have happened while the hash was computed.
        guard let user, verdict != .wrong, let password = user.password,
            let current = index.read({ $0.records.users[user.id] }), current.password == password, !current.isDisabled
        else {
            if let started = try await signInElsewhere(attempt, counted, local: user) { return started }
            tell(.signInRefused, by: nil, name, client: attempt.client)
            throw Self.wrong
        }
        if let factor = current.secondFactor, factor.isConfirmed {
            guard let code = attempt.code, !code.isEmpty else {
                try await throttle.release(counted)
                throw ServiceError(
                    .secondFactorRequired, "A code of your second factor is needed.",
                    hint: "Send it as `code`, or a recovery code.", parameter: "code")
            }
            guard try await useCode(code, of: current) else {
                tell(.signInRefused, by: nil, name, "second factor", client: attempt.client)
                throw Self.wrongCode
            }
        }
        try await throttle.succeed(counted)
        if verdict == .rightAndOutdated { try await rehash(attempt.password, of: current) }
        let started = try await startSession(for: current.id, from: attempt.client)
        tell(
            .signedIn, by: principal(of: current.id, origin: .session(started.session.id)), started.session.id,
            client: attempt.client)
        return started
    }

    static var wrong: ServiceError {
        ServiceError(
            .unauthenticated, "Name or password is wrong.",
            hint: "An administrator can set a new password: nexus users password NAME.")
    }

    static var wrongCode: ServiceError {
        ServiceError(
            .unauthenticated, "The code is wrong or was used already.", hint: "Wait for the next one.",
            parameter: "code")
    }

    private func rehash(_ password: Redacted<String>, of user: User) async throws {
        let hash = try await hasher.hash(password)
        try await change { state in
            // Only if it is the same password still.
            guard var found = state.records.users[user.id], found.password == user.password else { return ([], ()) }
            found.password?.hash = hash
            return ([.saveUser(found)], ())
        }
    }

    // MARK: Passwords

    /// Changes one's own password. All other sessions of the user end.
    ///
    /// - Parameters:
    ///   - caller: whose; with a session or over the local socket.
    ///   - current: the password until now.
    ///   - new: the password from now on.
    ///   - client: where they sit; wrong passwords are counted as failed sign-ins.
    /// - Throws: `forbidden` when the current password is wrong, `invalidValue` when the new one is bad.
    public func changePassword(
        of caller: Principal, current: Redacted<String>, new: Redacted<String>, client: ClientTrace
    ) async throws {
        guard let user = index.read({ $0.records.users[caller.user] }), let password = user.password else {
            throw ServiceError(.conflict, "This user has no password to change.", hint: "Ask an administrator.")
        }
        guard current.revealed.utf8.count <= PasswordRules.bytesMax else { throw Self.wrong }
        let counted = try await throttle.begin(name: user.name, address: client.address, now: now())
        guard try await hasher.verify(current, against: password.hash) != .wrong else {
            tell(.signInRefused, by: caller, user.name, "change of password", client: client)
            throw ServiceError(
                .forbidden, "The current password is wrong.", hint: "Type it again.", parameter: "current_password")
        }
        try await throttle.succeed(counted)
        try await setPassword(of: user.id, new, keeping: caller.origin, by: caller)
    }

    /// Sets a user's password. Their sessions end, but for the one that does it.
    ///
    /// - Parameters:
    ///   - id: whose.
    ///   - password: from now on; `nil` takes it away.
    ///   - origin: of the caller, when it is their own.
    ///   - caller: who does it.
    /// - Throws: `invalidValue` when it is bad, `notFound` when there is no such user.
    public func setPassword(
        of id: UserID, _ password: Redacted<String>?, keeping origin: Principal.Origin? = nil, by caller: Principal?
    ) async throws {
        guard let user = index.read({ $0.records.users[id] }) else { throw Self.noUser }
        let hash = try await hashed(password, name: user.name)
        try await change { state in
            guard var user = state.records.users[id] else { throw Self.noUser }
            user.password = hash
            let sessions = state.records.sessions.values.filter { $0.user == id && origin != .session($0.id) }
            return ([.saveUser(user)] + sessions.map { .endSession($0.id) }, ())
        }
        tell(.passwordChanged, by: caller, id.text)
    }
}
