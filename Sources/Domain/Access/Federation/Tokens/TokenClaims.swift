public import JSONText

/// What a signed token says, after its signature was found right.
public struct TokenClaims: Sendable, Equatable {
    public let members: JSONObject
    /// `typ` of the header, in lower case and without `application/`: what the token was made for.
    public let type: String?

    public init(_ members: JSONObject, type: String?) {
        self.members = members
        self.type = type.map { text in
            let lower = text.lowercased()
            return lower.hasPrefix("application/") ? String(lower.dropFirst("application/".count)) : lower
        }
    }

    public var issuer: String? { members["iss"]?.string }
    public var subject: String? { members["sub"]?.string }
    public var id: String? { members["jti"]?.string }
    /// Unix time in seconds, rounded down.
    public var expiresAt: Int64? { Self.time(members["exp"]) }

    /// For whom the token is: one text or a list of them.
    public var audiences: [String] {
        switch members["aud"] {
        case .string(let text): [text]
        case .array(let elements): elements.compactMap(\.string)
        default: []
        }
    }

    /// Names in a claim that is a list of texts, or one text with spaces between them (`scope`, RFC 8693).
    public func words(_ name: String) -> [String]? {
        switch members[name] {
        case .string(let text): text.split(separator: " ").map(String.init)
        case .array(let elements): elements.compactMap(\.string)
        default: nil
        }
    }

    static func time(_ value: JSONValue?) -> Int64? {
        guard let number = value?.double, number >= 0, number < 9_000_000_000_000 else { return nil }
        return Int64(number)
    }
}

/// What must be true of a token's claims before it is believed.
public struct TokenRequirements: Sendable, Equatable {
    public var issuer: String
    /// One of these must be among the token's audiences.
    public var audiences: [String]
    /// How far clocks may be apart, in seconds.
    public var skew: Int64
    /// From `iat` to `exp`, in seconds; a token that lives longer is refused.
    public var lifetimeMax: Int64
    /// `typ` of the header; `nil` takes any, which is for issuers whose keys sign nothing else.
    public var types: Set<String>?
    /// Whether it must say whom it is about.
    public var needsSubject = true

    /// - Parameters:
    ///   - issuer: the exact `iss`.
    ///   - audiences: at least one.
    ///   - skew: seconds, 0 to 300.
    ///   - lifetimeMax: seconds.
    ///   - types: in lower case.
    public init(
        issuer: String, audiences: [String], skew: Int64 = 60, lifetimeMax: Int64 = 86_400, types: Set<String>? = nil
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.skew = min(max(skew, 0), 300)
        self.lifetimeMax = lifetimeMax
        self.types = types
    }

    /// Checks who made the token, for whom, and when.
    ///
    /// - Parameters:
    ///   - claims: of a token whose signature is right.
    ///   - now: Unix time in seconds.
    /// - Throws: ``TokenError`` with what is wrong.
    public func check(_ claims: TokenClaims, now: Int64) throws(TokenError) {
        if let types {
            guard let type = claims.type, types.contains(type) else {
                throw TokenError(.type, "The token was made for something else.")
            }
        }
        guard claims.issuer == issuer else { throw TokenError(.issuer, "The token is from another issuer.") }
        guard claims.audiences.contains(where: { audiences.contains($0) }) else {
            throw TokenError(.audience, "The token is meant for somebody else.")
        }
        try checkTimes(claims, now: now)
        guard needsSubject else { return }
        guard let subject = claims.subject, (1...512).contains(subject.utf8.count) else {
            throw TokenError(.claim, "The token does not say whom it is about.")
        }
    }

    private func checkTimes(_ claims: TokenClaims, now: Int64) throws(TokenError) {
        guard let expiresAt = claims.expiresAt else {
            throw TokenError(.claim, "The token does not say when it expires.")
        }
        guard now < expiresAt + skew else { throw TokenError(.expired, "The token has expired.") }
        if let value = claims.members["nbf"] {
            guard let start = TokenClaims.time(value) else { throw TokenError(.claim, "'nbf' is not a time.") }
            guard now >= start - skew else { throw TokenError(.notYetValid, "The token is not valid yet.") }
        }
        guard let issuedAt = TokenClaims.time(claims.members["iat"]) else {
            throw TokenError(.claim, "The token does not say when it was issued.")
        }
        guard now >= issuedAt - skew else { throw TokenError(.notYetValid, "The token is from the future.") }
        guard expiresAt > issuedAt, expiresAt - issuedAt <= lifetimeMax else {
            throw TokenError(.lifetime, "The token lives longer than \(lifetimeMax) seconds, or not at all.")
        }
    }
}
