import Telemetry
import Vocabulary

extension Accounts {
    public func user(for identity: ExternalIdentity, rules: ExternalUserRules) async throws -> User {
        guard let role = rules.role(for: identity.groups) else {
            throw Self.refused("None of your groups may use this server.")
        }
        let bytes = 1...512
        guard bytes.contains(identity.issuer.utf8.count), bytes.contains(identity.subject.utf8.count) else {
            throw ServiceError(.unauthenticated, "The identity has no usable subject.", hint: "Ask its issuer.")
        }
        let arrival = ExternalArrival(
            identity: identity, rules: rules, role: role, freshID: UserID(newID("usr_")), now: now())
        let (user, isNew, isChanged) = try await change { state in try arrival.changes(state) }
        if isNew || isChanged {
            tell(isNew ? .userCreated : .userChanged, by: nil, user.id.text, "by the word of \(identity.issuer)")
        }
        return user
    }

    static func refused(_ message: String) -> ServiceError {
        ServiceError(.forbidden, message, hint: "Ask an administrator.")
    }
}

/// Somebody whom an issuer names, and what has to change for them.
private struct ExternalArrival: Sendable {
    let identity: ExternalIdentity
    let rules: ExternalUserRules
    let role: Role
    let freshID: UserID
    let now: UnixTime

    private var key: AccessRecords.IdentityKey {
        AccessRecords.IdentityKey(issuer: identity.issuer, subject: identity.subject)
    }

    typealias Outcome = (user: User, isNew: Bool, isChanged: Bool)

    func changes(_ state: borrowing AccessIndex.State) throws(ServiceError) -> ([AccessChange], Outcome) {
        let known = known(state)
        var user: User
        if let known { user = try updated(known, state) } else { user = try newUser(state) }
        if let text = identity.displayName?.prefix(60), let name = Self.printable(String(text)) {
            user.displayName = name
        }
        var changes: [AccessChange] = user == known ? [] : [.saveUser(user)]
        if state.records.identities[key] == nil { changes.append(.link(key, user.id)) }
        changes += teamChanges(user.id, state)
        return (changes, (user, known == nil, !changes.isEmpty))
    }

    private func known(_ state: borrowing AccessIndex.State) -> User? {
        if let id = state.records.identities[key] { return state.records.users[id] }
        guard rules.linksByEmail, identity.isEmailVerified, let email = identity.email?.lowercased() else { return nil }
        return state.emails[email].flatMap { state.records.users[$0] }
    }

    private func updated(_ known: User, _ state: borrowing AccessIndex.State) throws(ServiceError) -> User {
        guard !known.isDisabled else { throw Accounts.refused("This user is disabled.") }
        var user = known
        // What administrators have set stays where no group says anything; and the last administrator stays one.
        let mapped = identity.groups.compactMap { rules.roles[$0] }.max()
        let hasOthers = state.records.users.values.contains {
            $0.role == .admin && !$0.isDisabled && $0.id != known.id
        }
        if let mapped, known.role != .admin || hasOthers { user.role = mapped }
        return user
    }

    private func newUser(_ state: borrowing AccessIndex.State) throws(ServiceError) -> User {
        guard rules.createsUsers else { throw Accounts.refused("There is no user for you here.") }
        guard role == .admin || !state.records.users.isEmpty else {
            throw Accounts.refused("This server has no administrator yet.")
        }
        let email = freeEmail(state)
        let user = User(
            id: freshID, name: freeName(state), displayName: identity.name.flatMap(Self.printable) ?? identity.subject,
            email: email, role: role, tenant: rules.tenant ?? TenantID(freshID.text), createdAt: now)
        try Accounts.check(user, state)
        return user
    }

    /// The address, where the issuer vouches for it and nobody has it.
    private func freeEmail(_ state: borrowing AccessIndex.State) -> String? {
        guard identity.isEmailVerified, let text = identity.email?.lowercased() else { return nil }
        guard state.emails[text] == nil, state.names[text] == nil else { return nil }
        do { return try NameRules.email(text) } catch { return nil }
    }

    /// What they would like to be called, as far as it makes a name, with a number where somebody has it.
    private func freeName(_ state: borrowing AccessIndex.State) -> String {
        let wish = identity.name ?? identity.email ?? identity.subject
        let allowed = wish.lowercased().utf8.filter { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || "._-@".utf8.contains(byte)
        }
        let base = String(decoding: allowed.drop { "._-@".utf8.contains($0) }.prefix(50), as: UTF8.self)
        let first = base.isEmpty || base.hasPrefix("usr_") ? "user" : base
        var name = first
        var number = 2
        while state.names[name] != nil || state.emails[name] != nil {
            name = "\(first)-\(number)"
            number += 1
        }
        return name
    }

    /// Into the teams that the groups stand for; out of those that they stand for no longer. Teams that no rule names are left
    /// alone.
    private func teamChanges(_ user: UserID, _ state: borrowing AccessIndex.State) -> [AccessChange] {
        let wanted = Set(rules.teams(for: identity.groups))
        var changes: [AccessChange] = []
        for id in Set(rules.teams.values).sorted() {
            var team = state.records.teams[id] ?? Team(id: id, displayName: id, createdAt: now)
            let isMember = team.members.contains(user)
            guard isMember != wanted.contains(id) else { continue }
            if isMember { team.members.remove(user) } else { team.members.insert(user) }
            changes.append(.saveTeam(team))
        }
        return changes
    }

    private static func printable(_ text: String) -> String? {
        do { return try NameRules.display(text, "display_name") } catch { return nil }
    }
}
