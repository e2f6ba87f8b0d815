import Access
import JSONText
import Records
import Synchronization
import Telemetry
import Vocabulary

/// The server's own access tokens: makes them, recognises them, revokes them.
///
/// Recognising one costs a digest, a look into memory, and no question to anybody.
final class TokenDesk: TokenVerifying {
    /// What the desk needs of the rest of the server.
    struct Surroundings: Sendable {
        var store: SigningKeyStore
        var refreshing: RefreshTokenRecords
        var spent: SpentIDs
        var users: any ExternalUsers
        /// Whether the key or session that a token was made with still counts.
        var isAlive: @Sendable (_ parent: String) -> Bool
        /// Unix time in seconds.
        var now: @Sendable () -> Int64
        /// A sortable id behind a prefix.
        var newID: @Sendable (_ prefix: String) -> String
        /// Told when tokens have ended before their time. Must not wait.
        var ended: @Sendable () -> Void = {}
    }

    let tokens: AccessTokens
    let surroundings: Surroundings
    /// Seconds after which another key signs.
    private let rotation: Int64
    private let signatures = SodiumSignatures()
    private let keys: Mutex<SigningKeyStore.Kept>
    /// When keys were looked for last because a token had another one, Unix time in seconds.
    private let looked = Mutex<Int64>(0)
    private let verified = VerifiedTokens<Verified>()

    /// - Parameters:
    ///   - tokens: the issuer's name and the longest lifetime.
    ///   - rotation: how long a key signs, in seconds.
    ///   - surroundings: keys, users, clock.
    /// - Throws: when the keys cannot be read.
    init(_ tokens: AccessTokens, rotation: Int64, _ surroundings: Surroundings) async throws {
        self.tokens = tokens
        self.rotation = rotation
        self.surroundings = surroundings
        keys = Mutex(try await surroundings.store.open(now: surroundings.now()))
    }

    /// What others check the server's tokens with.
    var publicKeys: VerificationKeys { keys.withLock(\.keys.verification) }

    // MARK: Making

    /// What somebody asks of a token.
    struct Order: Sendable {
        var scopes: [String]?
        var models: [String]?
        /// Seconds.
        var lifetime: Int64?
    }

    struct Issued: Sendable {
        let text: String
        let grant: AccessGrant
    }

    /// Makes a token for a caller, who gets no more with it than with the credential that they bring.
    ///
    /// - Throws: `ServiceError` where the caller has no credential to make one with, or asks for more than they have.
    func issue(_ order: Order, to caller: Principal) async throws -> Issued {
        try await issue(try grant(order, to: caller))
    }

    /// What a caller gets with a token.
    func grant(_ order: Order, to caller: Principal) throws -> AccessGrant {
        let parent: String
        switch caller.origin {
        case .session(let id), .apiKey(let id): parent = id
        case .token:
            throw ServiceError(
                .forbidden, "A token is not made with another token.", hint: "Use the API key or session it came from.")
        case .open, .local:
            throw ServiceError(
                .conflict, "This server has no user that a token could stand for here.",
                hint: "Make a user (nexus users add), then sign in or use one of its API keys.")
        default: throw ServiceError(.unauthenticated, "A token needs somebody it stands for.", hint: "Sign in first.")
        }
        let now = surroundings.now()
        return AccessGrant(
            subject: caller.user.text,
            scopes: try Self.narrowed(Narrowing.scopes(asked: order.scopes, held: caller.scopes), "scopes"),
            models: try Self.narrowed(Narrowing.models(asked: order.models, held: caller.models), "models"),
            priorityMax: caller.priorityMax, parent: parent, id: surroundings.newID("tok_"),
            expiresAt: now + min(order.lifetime ?? tokens.lifetimeMax, tokens.lifetimeMax))
    }

    /// The token of a grant.
    func issue(_ grant: AccessGrant) async throws -> Issued {
        let claims = tokens.claims(grant, now: surroundings.now())
        return Issued(text: try await sign(claims, type: AccessTokens.type), grant: grant)
    }

    private static func narrowed(
        _ result: Result<[String]?, Narrowing.Excess>, _ member: String
    ) throws -> [String]? {
        switch result {
        case .success(let names): return names
        case .failure(let excess):
            throw ServiceError(
                .forbidden, "Your credential does not have \(excess.names.prefix(8).joined(separator: ", ")).",
                hint: "Ask for what it has, or leave \(member) out.", parameter: member)
        }
    }

    /// Signs claims with the current key, which is replaced when it has signed for long enough.
    func sign(_ claims: JSONObject, type: String) async throws -> String {
        if keys.withLock({ isDue($0.keys) }) { try await rotate(onlyIfDue: true) }
        return keys.withLock { $0.keys.sign(claims, type: type, signer: signatures) }
    }

    /// Makes another key the one that signs. Those before it are still believed until their tokens have expired.
    ///
    /// - Parameter onlyIfDue: not where another process has done so meanwhile.
    /// - Throws: when the keys cannot be kept.
    func rotate(onlyIfDue: Bool = false) async throws {
        let now = surroundings.now()
        adopt(
            try await surroundings.store.update(keys.withLock(\.self)) { keys in
                guard !onlyIfDue || isDue(keys) else { return nil }
                var fresh = keys
                fresh.rotate(now: now, lifetimeMax: AccessTokens.lifetimes.upperBound, signer: signatures)
                return fresh
            })
    }

    private func isDue(_ keys: SigningKeys) -> Bool { keys.current.createdAt + rotation <= surroundings.now() }

    private func adopt(_ kept: SigningKeyStore.Kept) {
        let isNew = keys.withLock { keys in
            guard kept.revision > keys.revision else { return false }
            keys = kept
            return true
        }
        if isNew { verified.removeAll() }
    }

    /// Learns what other processes have done: other keys, tokens that were revoked.
    func catchUp() async throws {
        if try await surroundings.spent.catchUp(now: surroundings.now()) { surroundings.ended() }
        let known = keys.withLock(\.revision)
        if let revision = try await surroundings.store.records.revision(), revision > known {
            try await load(revision)
        }
    }

    /// Takes what is kept by now. Keys that cannot be opened are told once: the next time is when they have changed again.
    private func load(_ revision: Int64) async throws {
        do {
            adopt(try await surroundings.store.load())
        } catch let error as SealingError {
            keys.withLock { $0 = SigningKeyStore.Kept(keys: $0.keys, revision: max($0.revision, revision)) }
            throw error
        }
    }

    /// Looks for keys that another process may have made a moment ago, once in a second.
    private func lookForKeys() async throws -> Bool {
        let now = surroundings.now()
        let isTurn = looked.withLock { looked in
            defer { looked = max(looked, now) }
            return looked < now
        }
        guard isTurn else { return false }
        let before = keys.withLock(\.revision)
        guard let revision = try await surroundings.store.records.revision(), revision != before else { return false }
        try await load(revision)
        return keys.withLock(\.revision) != before
    }

    // MARK: Recognising

    /// A token whose signature is right.
    private struct Verified: Sendable {
        let claims: TokenClaims
        let statement: TokenStatement
    }

    func recognise(_ token: String) async throws -> RecognisedToken? {
        guard token.split(separator: ".", omittingEmptySubsequences: false).count == 3 else { return nil }
        return try await refusing {
            guard let found = try await withNewKeys({ try verify(token) }) else { return nil }
            return RecognisedToken(principal: try principal(found.claims), statement: found.statement)
        }
    }

    func principal(of statement: TokenStatement) async throws -> Principal? {
        guard statement.claims.issuer == tokens.issuer else { return nil }
        return try await refusing {
            try await withNewKeys {
                guard publicKeys.keys.contains(where: { $0.id == statement.keyID }) else {
                    throw TokenError(.unknownKey, "The token was signed with a key that does not count any more.")
                }
            }
            return try principal(statement.claims)
        }
    }

    /// What is wrong with a token, as callers are told.
    private func refusing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as TokenError {
            throw ServiceError(
                .unauthenticated, error.message, hint: "Get another token: POST /api/v1/tokens.",
                detail: error.reason.rawValue)
        }
    }

    /// Does something once more with keys that another process has made just now, where it lacked one.
    private func withNewKeys<Result>(_ body: () throws -> Result) async throws -> Result {
        do {
            return try body()
        } catch let error as TokenError where error.reason == .unknownKey {
            guard try await lookForKeys() else { throw error }
            return try body()
        }
    }

    /// The claims of a token of this server whose signature is right; `nil` for one of another issuer.
    func verifiedClaims(of token: String) throws(TokenError) -> TokenClaims? { try verify(token)?.claims }

    private func verify(_ token: String) throws(TokenError) -> Verified? {
        if let known = verified.content(of: token) { return known }
        let signed = try SignedToken(token)
        guard try signed.claimedIssuer() == tokens.issuer else { return nil }
        let claims = try signed.verified(with: publicKeys, by: signatures)
        let found = Verified(
            claims: claims,
            statement: TokenStatement(
                claims, id: claims.id ?? "", keyID: signed.keyID, user: UserID(claims.subject ?? "")))
        verified.insert(found, of: token)
        return found
    }

    private func principal(_ claims: TokenClaims) throws(TokenError) -> Principal {
        let now = surroundings.now()
        let grant = try tokens.grant(claims, now: now)
        guard !surroundings.spent.memory.contains("token:" + grant.id, now: now) else {
            throw TokenError(.revoked, "The token was revoked.")
        }
        if let family = grant.family, surroundings.spent.memory.contains("family:" + family, now: now) {
            throw TokenError(.revoked, "The token was revoked.")
        }
        guard grant.parent.map(surroundings.isAlive) ?? true else {
            throw TokenError(.revoked, "The credential that the token was made with is no longer valid.")
        }
        guard var principal = surroundings.users.principal(of: UserID(grant.subject), origin: .token(grant.id)) else {
            throw TokenError(.revoked, "The user of this token is gone or disabled.")
        }
        principal.scopes = grant.scopes.map(Set.init)
        principal.models = grant.models
        principal.priorityMax = min(principal.priorityMax, grant.priorityMax)
        return principal
    }

    // MARK: Revoking

    /// Ends a token before its time. Whoever has it may do so.
    ///
    /// - Returns: its id.
    /// - Throws: `ServiceError` when it is no token of this server; what the database throws.
    func revoke(_ token: String) async throws -> String {
        let claims: TokenClaims?
        do throws(TokenError) {
            claims = try verifiedClaims(of: token)
        } catch {
            throw ServiceError(.invalidValue, error.message, hint: "Send the whole token.", parameter: "token")
        }
        guard let claims, claims.type == AccessTokens.type, let id = claims.id, let expiresAt = claims.expiresAt else {
            throw ServiceError(.invalidValue, "This is no token of this server.", parameter: "token")
        }
        let now = surroundings.now()
        if expiresAt + 60 > now {
            _ = try await surroundings.spent.spend("token:" + id, until: expiresAt + 60, now: now)
            surroundings.ended()
        }
        return id
    }

    /// Ends a token by its id, whoever has it.
    func revoke(id: String) async throws {
        let now = surroundings.now()
        _ = try await surroundings.spent.spend(
            "token:" + id, until: now + AccessTokens.lifetimes.upperBound + 60, now: now)
        surroundings.ended()
    }
}
