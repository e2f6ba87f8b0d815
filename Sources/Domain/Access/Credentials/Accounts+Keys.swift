public import Telemetry
public import Vocabulary

/// What a new key is to be.
public struct KeyOrder: Sendable {
    public var user: UserID
    public var name: String
    public var scopes: [String]?
    public var models: [String]?
    public var priorityMax: Priority?
    public var expiresAt: UnixTime?

    public init(
        user: UserID, name: String, scopes: [String]? = nil, models: [String]? = nil, priorityMax: Priority? = nil,
        expiresAt: UnixTime? = nil
    ) {
        self.user = user
        self.name = name
        self.scopes = scopes
        self.models = models
        self.priorityMax = priorityMax
        self.expiresAt = expiresAt
    }
}

/// A key with its text, which is shown once.
public struct MadeKey: Sendable {
    public let key: APIKey
    public let text: Redacted<String>
}

extension Accounts {
    /// Keys, those that count and those that have ended.
    ///
    /// - Parameter user: whose; `nil` for everybody's.
    /// - Returns: the newest first.
    public nonisolated func keys(of user: UserID?) -> [APIKey] {
        index.read { state in state.records.keys.values.filter { user == nil || $0.user == user } }
            .sorted { $0.id > $1.id }
    }

    /// One key.
    ///
    /// - Parameters:
    ///   - id: `key_…`.
    ///   - caller: its user, or somebody who may change users.
    /// - Returns: the key.
    /// - Throws: `notFound`, also when it is somebody else's.
    public nonisolated func key(_ id: String, for caller: Principal) throws(ServiceError) -> APIKey {
        guard let key = index.read({ $0.records.keys[id] }), Self.mayTouch(key.user, caller) else { throw Self.noKey }
        return key
    }

    /// Makes a key.
    ///
    /// - Parameters:
    ///   - order: what it is to be.
    ///   - caller: its user, or somebody who may change users. A key that is restricted in any way can make none, or it could
    ///     make one that is not.
    /// - Returns: the key with its text.
    /// - Throws: `notFound` for a user who is not there or not the caller, `invalidValue` for a bad order.
    public func createKey(_ order: KeyOrder, by caller: Principal) async throws -> MadeKey {
        guard Self.mayTouch(order.user, caller) else { throw Self.noUser }
        try refuseRestricted(caller)
        if let scopes = order.scopes {
            guard !scopes.isEmpty, scopes.count <= NameRules.listCountMax else {
                throw ServiceError(
                    .invalidValue, "A key has 1 to \(NameRules.listCountMax) scopes, or none said for all.",
                    hint: "Leave `scopes` out for all that you may do.", parameter: "scopes")
            }
            try PermissionTable.check(scopes)
        }
        if let end = order.expiresAt, end <= now() {
            throw ServiceError(
                .invalidValue, "A key cannot expire in the past.", hint: "Choose a later time.",
                parameter: "expires_at")
        }
        let name = try NameRules.display(order.name, "name")
        let models = try NameRules.models(order.models)
        let made = make { id, hash, now in
            APIKey(
                id: id, user: order.user, name: name, secretHash: hash, scopes: order.scopes, models: models,
                priorityMax: order.priorityMax, createdAt: now, expiresAt: order.expiresAt)
        }
        try await change { [self] state in
            guard state.records.users[order.user] != nil else { throw Self.noUser }
            try checkRoom(for: order.user, state)
            return ([.saveKey(made.key)], ())
        }
        tell(.keyCreated, by: caller, made.key.id, "of \(order.user)")
        return made
    }

    /// Makes a key that takes another one's place; both count for a while.
    ///
    /// - Parameters:
    ///   - id: the key until now.
    ///   - overlap: how long it goes on.
    ///   - caller: its user, somebody who may change users, or the key itself.
    /// - Returns: the new key, restricted as the old one is.
    /// - Throws: `notFound`; `conflict` when the key does not count any more, or was replaced before.
    public func rotateKey(_ id: String, overlap: Duration, by caller: Principal) async throws -> MadeKey {
        let old = try key(id, for: caller)
        if caller.origin != .apiKey(id) { try refuseRestricted(caller) }
        let made = make { id, hash, now in
            APIKey(
                id: id, user: old.user, name: old.name, secretHash: hash, scopes: old.scopes, models: old.models,
                priorityMax: old.priorityMax, createdAt: now, expiresAt: old.expiresAt)
        }
        let now = now()
        try await change { [self] state in
            guard var key = state.records.keys[id] else { throw Self.noKey }
            guard key.state(at: now) == .active, key.replacedBy == nil else {
                throw ServiceError(
                    .conflict, "This key does not count any more, or was rotated before.",
                    hint: "Rotate the newest one, or make another.")
            }
            try checkRoom(for: key.user, state)
            key.replacedBy = made.key.id
            let end = now + overlap
            key.expiresAt = key.expiresAt.map { min($0, end) } ?? end
            return ([.saveKey(key), .saveKey(made.key)], ())
        }
        tell(.keyRotated, by: caller, id, "to \(made.key.id)")
        return made
    }

    /// Ends a key at once.
    ///
    /// - Parameters:
    ///   - id: which one.
    ///   - caller: its user, or somebody who may change users.
    /// - Returns: the key.
    /// - Throws: `notFound`, also when it is somebody else's.
    @discardableResult
    public func revokeKey(_ id: String, by caller: Principal) async throws -> APIKey {
        let now = now()
        let key = try await change { state in
            guard var key = state.records.keys[id], Self.mayTouch(key.user, caller) else { throw Self.noKey }
            guard key.revokedAt == nil else { return ([], key) }
            key.revokedAt = now
            return ([.saveKey(key)], key)
        }
        tell(.keyRevoked, by: caller, id)
        return key
    }

    private nonisolated func make(_ key: (String, [UInt8], UnixTime) -> APIKey) -> MadeKey {
        let secret = SecretText.base32(tools.random(KeyText.secretByteCount))
        let made = key(newID("key_"), tools.hash(secret, .apiKey, key: hashKey), now())
        return MadeKey(key: made, text: Redacted(KeyText.make(id: made.id, secret: secret)))
    }

    private nonisolated func checkRoom(
        for user: UserID, _ state: borrowing AccessIndex.State
    ) throws(ServiceError) {
        let now = now()
        let count = state.records.keys.values.count { $0.user == user && $0.state(at: now) == .active }
        guard count < settings.keysMax else {
            throw ServiceError(
                .conflict, "This user has \(settings.keysMax) keys already.", hint: "Revoke those that nobody needs.")
        }
    }

    private nonisolated func refuseRestricted(_ caller: Principal) throws(ServiceError) {
        guard case .apiKey(let id) = caller.origin else { return }
        let isRestricted = index.read { state in
            guard let key = state.records.keys[id] else { return true }
            return key.scopes != nil || key.models != nil || key.priorityMax != nil || key.expiresAt != nil
        }
        guard isRestricted else { return }
        throw ServiceError(
            .forbidden, "A key that is restricted or expires cannot make others.",
            hint: "Sign in, or use a key without restrictions.")
    }

    private static var noKey: ServiceError {
        ServiceError(.notFound, "There is no such key.", hint: "GET /api/v1/keys lists yours.")
    }
}
