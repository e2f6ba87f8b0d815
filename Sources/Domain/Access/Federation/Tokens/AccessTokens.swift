public import JSONText
public import Vocabulary

/// What a short-lived access token of this server says about its bearer.
public struct AccessGrant: Sendable, Equatable {
    /// The user's id.
    public var subject: String
    /// Permissions that it is restricted to; `nil` leaves it at what the user's role has.
    public var scopes: [String]?
    /// Names of models that it may ask, where `*` stands for any characters; `nil` leaves it at the user's.
    public var models: [String]?
    /// The most urgent priority that its bearer may ask for.
    public var priorityMax: Priority
    /// The key or session that it was made with, which takes the token with it when it ends.
    public var parent: String?
    /// The refresh tokens that it comes from; revoking them takes the token with them.
    public var family: String?
    public var id: String
    /// Unix time in seconds.
    public var expiresAt: Int64

    public init(
        subject: String, scopes: [String]?, models: [String]?, priorityMax: Priority = .critical, parent: String?,
        family: String? = nil, id: String, expiresAt: Int64
    ) {
        self.subject = subject
        self.scopes = scopes
        self.models = models
        self.priorityMax = priorityMax
        self.parent = parent
        self.family = family
        self.id = id
        self.expiresAt = expiresAt
    }
}

/// The form of the server's own access tokens (RFC 9068), made and read.
public struct AccessTokens: Sendable {
    /// `typ`: tells them from everything else that is signed with the same keys.
    public static let type = "at+jwt"
    /// Seconds that a token may live.
    public static let lifetimes: ClosedRange<Int64> = 60...86_400
    /// Permissions, and patterns of models, in one token.
    public static let namesMax = 64

    /// Who makes and who takes them: the server itself, by its public URL.
    public let issuer: String
    public let lifetimeMax: Int64

    /// - Parameters:
    ///   - issuer: the server's public URL.
    ///   - lifetimeMax: seconds.
    public init(issuer: String, lifetimeMax: Int64) {
        self.issuer = issuer
        self.lifetimeMax = min(max(lifetimeMax, Self.lifetimes.lowerBound), Self.lifetimes.upperBound)
    }

    /// The claims of a new token.
    public func claims(_ grant: AccessGrant, now: Int64) -> JSONObject {
        var claims: JSONObject = [
            "iss": .string(issuer), "aud": .string(issuer), "sub": .string(grant.subject), "jti": .string(grant.id),
            "client_id": "nexus", "priority": .string(grant.priorityMax.rawValue), "iat": .integer(now),
            "nbf": .integer(now), "exp": .integer(grant.expiresAt),
        ]
        if let scopes = grant.scopes { claims["scope"] = .string(scopes.joined(separator: " ")) }
        if let models = grant.models { claims["models"] = .array(models.map { .string($0) }) }
        if let parent = grant.parent { claims["parent"] = .string(parent) }
        if let family = grant.family { claims["family"] = .string(family) }
        return claims
    }

    /// What a token grants, after its signature was found right.
    ///
    /// - Parameters:
    ///   - claims: checked with the server's own keys.
    ///   - now: Unix time in seconds.
    /// - Returns: what it grants.
    /// - Throws: ``TokenError`` when it is no access token, not this server's, or its time is over.
    public func grant(_ claims: TokenClaims, now: Int64) throws(TokenError) -> AccessGrant {
        // Made and checked by the same clock, or by clocks that one operator sets.
        let requirements = TokenRequirements(
            issuer: issuer, audiences: [issuer], skew: 5, lifetimeMax: Self.lifetimes.upperBound, types: [Self.type])
        try requirements.check(claims, now: now)
        guard let subject = claims.subject, let expiresAt = claims.expiresAt, let id = claims.id, !id.isEmpty else {
            throw TokenError(.claim, "The token has no id.")
        }
        guard let priorityMax = claims.members["priority"]?.string.flatMap(Priority.init(rawValue:)) else {
            throw TokenError(.claim, "The token has no priority.")
        }
        return AccessGrant(
            subject: subject, scopes: claims.words("scope"), models: claims.words("models"),
            priorityMax: priorityMax, parent: claims.members["parent"]?.string,
            family: claims.members["family"]?.string, id: id, expiresAt: expiresAt)
    }
}

/// Narrowing: a credential never gives more than the one that it was made with.
public enum Narrowing {
    /// The scopes of a token that asks for `asked` and is made with a credential that has `held`.
    ///
    /// - Parameters:
    ///   - asked: `nil` for everything that the maker has.
    ///   - held: `nil` for everything.
    /// - Returns: what the token gets, `nil` for everything; or the names that are too much.
    public static func scopes(asked: [String]?, held: Set<String>?) -> Result<[String]?, Excess> {
        guard let asked else { return .success(held.map { $0.sorted() }) }
        guard let held else { return .success(asked) }
        let excess = asked.filter { !held.contains($0) }
        return excess.isEmpty ? .success(asked) : .failure(Excess(names: excess))
    }

    /// The same for models: a pattern that is asked for must be one that is held, or a name that one of them covers.
    public static func models(asked: [String]?, held: [String]?) -> Result<[String]?, Excess> {
        guard let asked else { return .success(held) }
        guard let held else { return .success(asked) }
        let excess = asked.filter { name in
            !held.contains { pattern in
                pattern == name || pattern == "*" || (!name.contains("*") && NamePattern.matches(name, pattern))
            }
        }
        return excess.isEmpty ? .success(asked) : .failure(Excess(names: excess))
    }

    /// What was asked for beyond what is held.
    public struct Excess: Error, Sendable, Equatable {
        public let names: [String]
    }
}
