import Access
import Cryptography
import Digests
import Records
import Telemetry
import Vocabulary

/// Access tokens that are renewed without the credential that they were made with: by refresh tokens, each good once.
extension TokenDesk {
    /// An access token with the refresh token for the next one.
    struct Pair: Sendable {
        let access: Issued
        let refresh: Redacted<String>
        /// Of the refresh token, Unix time in seconds.
        let refreshExpiresAt: Int64
    }

    /// Begins a family of refresh tokens.
    ///
    /// - Throws: as ``issue(_:to:)`` does; what the database throws.
    func issuePair(_ order: Order, to caller: Principal) async throws -> Pair {
        var grant = try grant(order, to: caller)
        guard let parent = grant.parent else { preconditionFailure("a grant to a caller names what it was made with") }
        let (id, secret, now) = (surroundings.newID("ref_"), Self.newSecret(), surroundings.now())
        let token = RefreshToken.first(
            of: grant, parent: parent, id: id, secretHash: Self.hash(secret), now: now)
        try await surroundings.refreshing.begin(token, now: now)
        grant.family = token.family
        return Pair(
            access: try await issue(grant), refresh: Redacted(RefreshText.make(id: id, secret: secret)),
            refreshExpiresAt: token.expiresAt)
    }

    /// Uses a refresh token up.
    ///
    /// - Parameters:
    ///   - text: as its owner sent it.
    ///   - stolen: told the user of a token that was used a second time; its family is gone then.
    /// - Returns: an access token that gives the same as the one before, and the next refresh token.
    /// - Throws: `unauthenticated`, the same for every token that is not good.
    func refresh(_ text: String, stolen: (RefreshToken) -> Void) async throws -> Pair {
        guard let (id, secret) = RefreshText.parse(text) else { throw Self.noRefresh }
        let (next, fresh, now) = (surroundings.newID("ref_"), Self.newSecret(), surroundings.now())
        let verdict = try await surroundings.refreshing.use(
            id, now: now, isRight: { ConstantTime.isEqual($0, Self.hash(secret)) },
            isAlive: { [surroundings] token in
                surroundings.isAlive(token.parent)
                    && surroundings.users.principal(of: token.user, origin: .token(token.id)) != nil
            }, next: { $0.next(id: next, secretHash: Self.hash(fresh), now: now) })
        switch verdict {
        case .unknown: throw Self.noRefresh
        case .reused(let token):
            try await end(family: token.family)
            stolen(token)
            throw Self.noRefresh
        case .orphaned(let token):
            try await end(family: token.family)
            throw Self.noRefresh
        case .renewed(let token):
            let grant = AccessGrant(
                subject: token.user.text, scopes: token.scopes, models: token.models,
                priorityMax: token.priorityMax, parent: token.parent, family: token.family,
                id: surroundings.newID("tok_"), expiresAt: now + min(token.accessLifetime, tokens.lifetimeMax))
            return Pair(
                access: try await issue(grant), refresh: Redacted(RefreshText.make(id: next, secret: fresh)),
                refreshExpiresAt: token.expiresAt)
        }
    }

    /// Ends the family of a refresh token, and the access tokens that came from it.
    ///
    /// - Returns: the family's id.
    func revoke(refresh text: String) async throws -> String {
        guard let (id, secret) = RefreshText.parse(text),
            let token = try await surroundings.refreshing.end(
                id, isRight: { ConstantTime.isEqual($0, Self.hash(secret)) })
        else { throw ServiceError(.invalidValue, "This is no token of this server.", parameter: "token") }
        try await end(family: token.family)
        return token.family
    }

    private func end(family: String) async throws {
        let now = surroundings.now()
        _ = try await surroundings.spent.spend(
            "family:" + family, until: now + AccessTokens.lifetimes.upperBound + 60, now: now)
        surroundings.ended()
    }

    private static var noRefresh: ServiceError {
        ServiceError(
            .unauthenticated, "This refresh token is not valid.",
            hint: "Each is good once. Make another: POST /api/v1/tokens with \"refresh\": true.")
    }

    private static func newSecret() -> String { SecretText.base32(SecureRandom.bytes(RefreshText.secretByteCount)) }

    /// Fast, because secrets are long and random.
    private static func hash(_ secret: String) -> [UInt8] { Array(SHA256.digest(of: Array(secret.utf8)).bytes) }
}
