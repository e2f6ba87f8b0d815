public import Vocabulary

/// What is kept of a refresh token: a text that is good once, for an access token and the next refresh token.
///
/// All that come from one another are a family. One that is used a second time was stolen, by whoever came first or second:
/// then the whole family ends (RFC 9700, section 4.14.2).
public struct RefreshToken: Sendable, Equatable {
    /// Seconds that one lives, and the most that a family does.
    public static let lifetime: Int64 = 14 * 86_400
    public static let familyLifetime: Int64 = 90 * 86_400
    /// Families of one user; the oldest goes.
    public static let familiesMax = 64

    /// `ref_` and 26 characters.
    public let id: String
    /// The id of its first one.
    public let family: String
    /// SHA-256 of its secret.
    public let secretHash: [UInt8]
    public let user: UserID
    /// The key or session that the first one was made with; it takes the family with it.
    public let parent: String
    public let scopes: [String]?
    public let models: [String]?
    public let priorityMax: Priority
    /// Of the access tokens, in seconds.
    public let accessLifetime: Int64
    /// Unix time in seconds.
    public let expiresAt: Int64
    public let familyEndsAt: Int64

    public init(
        id: String, family: String, secretHash: [UInt8], user: UserID, parent: String, scopes: [String]?,
        models: [String]?, priorityMax: Priority, accessLifetime: Int64, expiresAt: Int64, familyEndsAt: Int64
    ) {
        self.id = id
        self.family = family
        self.secretHash = secretHash
        self.user = user
        self.parent = parent
        self.scopes = scopes
        self.models = models
        self.priorityMax = priorityMax
        self.accessLifetime = accessLifetime
        self.expiresAt = expiresAt
        self.familyEndsAt = familyEndsAt
    }

    /// The first of a family, for a grant.
    ///
    /// - Parameters:
    ///   - grant: what its access tokens grant.
    ///   - parent: the key or session that it is made with.
    ///   - id: of the token, and of the family.
    ///   - secretHash: SHA-256 of its secret.
    ///   - now: Unix time in seconds.
    /// - Returns: the token's record.
    public static func first(
        of grant: AccessGrant, parent: String, id: String, secretHash: [UInt8], now: Int64
    ) -> RefreshToken {
        RefreshToken(
            id: id, family: id, secretHash: secretHash, user: UserID(grant.subject), parent: parent,
            scopes: grant.scopes, models: grant.models, priorityMax: grant.priorityMax,
            accessLifetime: grant.expiresAt - now, expiresAt: now + lifetime, familyEndsAt: now + familyLifetime)
    }

    /// The one that takes this one's place: it gives the same, and lives no longer than the family may.
    public func next(id: String, secretHash: [UInt8], now: Int64) -> RefreshToken {
        RefreshToken(
            id: id, family: family, secretHash: secretHash, user: user, parent: parent, scopes: scopes, models: models,
            priorityMax: priorityMax, accessLifetime: accessLifetime,
            expiresAt: min(now + Self.lifetime, familyEndsAt), familyEndsAt: familyEndsAt)
    }
}

/// How a refresh token looks: `nxr_`, 26 characters of its id, `_`, and 52 characters that stand for 32 random bytes.
public enum RefreshText {
    public static let prefix = "nxr_"
    public static let secretByteCount = 32
    private static let idCount = 26
    private static let secretCount = 52
    /// Bytes of the whole text.
    public static let count = prefix.utf8.count + idCount + 1 + secretCount

    /// - Parameters:
    ///   - id: `ref_` and 26 characters.
    ///   - secret: 52 characters.
    /// - Returns: what its owner is shown, once.
    public static func make(id: String, secret: String) -> String { prefix + id.dropFirst(4) + "_" + secret }

    /// Takes a token apart; `nil` when it has not the form.
    public static func parse(_ text: String) -> (id: String, secret: String)? {
        guard text.utf8.count == count, text.hasPrefix(prefix) else { return nil }
        let parts = text.dropFirst(prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == idCount, SecretText.isBase32(parts[0]),
            SecretText.isBase32(parts[1])
        else { return nil }
        return ("ref_" + parts[0], String(parts[1]))
    }
}

/// What became of a refresh token that somebody brought.
public enum RefreshVerdict: Sendable, Equatable {
    /// It was good, and its successor is kept.
    case renewed(RefreshToken)
    /// Nobody has such a token, or its time is over.
    case unknown
    /// It was used before: its family is gone.
    case reused(RefreshToken)
    /// What it was made with has ended, and so has its family.
    case orphaned(RefreshToken)
}
