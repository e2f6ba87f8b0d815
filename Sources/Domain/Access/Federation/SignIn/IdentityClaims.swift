public import JSONText

/// Makes an identity of what a provider says of a person.
public enum IdentityClaims {
    /// Groups that are looked at.
    public static let groupsMax = 1_000

    /// The identity in an identity token (OpenID Connect Core 1.0, section 3.1.3.7).
    ///
    /// - Parameters:
    ///   - claims: of a token whose signature is the issuer's.
    ///   - provider: for which client, and which claim has groups.
    ///   - issuer: of the provider's metadata.
    ///   - nonce: of the visit.
    ///   - now: Unix time in seconds.
    /// - Returns: whom the token is about.
    /// - Throws: ``TokenError`` with what is wrong.
    public static func identity(
        _ claims: TokenClaims, provider: ProviderSettings, issuer: String, nonce: String, now: Int64
    ) throws(TokenError) -> ExternalIdentity {
        let requirements = TokenRequirements(issuer: issuer, audiences: [provider.clientID], lifetimeMax: 86_400 * 2)
        try requirements.check(claims, now: now)
        // An access token is no proof of a sign-in.
        guard claims.type != AccessTokens.type else {
            throw TokenError(.type, "The token was made for something else.")
        }
        // Several audiences: the token must have been made for this client.
        if claims.audiences.count > 1 || claims.members["azp"] != nil {
            guard claims.members["azp"]?.string == provider.clientID else {
                throw TokenError(.audience, "The token was made for another client.")
            }
        }
        guard let given = claims.members["nonce"]?.string, AuthorizationCode.isSame(given, nonce) else {
            throw TokenError(.nonce, "The token belongs to another sign-in.")
        }
        guard let subject = claims.subject else { throw TokenError(.claim, "The token says nothing of a person.") }
        return identity(claims.members, subject: subject, issuer: issuer, groups: provider.groupsClaim)
    }

    /// The identity in a token of a foreign issuer that was checked already.
    public static func identity(
        _ members: JSONObject, subject: String, issuer: String, groups: String
    ) -> ExternalIdentity {
        ExternalIdentity(
            issuer: issuer, subject: subject, name: text(members["preferred_username"]),
            displayName: text(members["name"]), email: text(members["email"]),
            // Some write the word; anything else than a clear yes is a no.
            isEmailVerified: members["email_verified"] == true || members["email_verified"] == "true",
            groups: groupNames(members[groups]))
    }

    /// The identity in GitHub's answers about the signed-in user.
    ///
    /// - Parameters:
    ///   - user: of `/user`.
    ///   - emails: of `/user/emails`: the primary one counts, when it is verified.
    ///   - organizations: of `/user/orgs`, as groups.
    ///   - issuer: of the provider's metadata.
    /// - Returns: who signed in.
    /// - Throws: ``SignInError`` when the answer has no id.
    public static func github(
        user: JSONValue, emails: JSONValue?, organizations: JSONValue?, issuer: String
    ) throws(SignInError) -> ExternalIdentity {
        // The number stays; the login may be given to somebody else.
        guard let id = user["id"]?.integer, id > 0 else {
            throw SignInError(.providerFailed, detail: "the user endpoint gave no id")
        }
        let primary = emails?.array?.first { $0["primary"] == true && $0["verified"] == true }
        return ExternalIdentity(
            issuer: issuer, subject: String(id), name: text(user["login"]), displayName: text(user["name"]),
            email: text(primary?["email"]), isEmailVerified: primary != nil,
            groups: organizations?.array?.prefix(groupsMax).compactMap { text($0["login"]) } ?? [])
    }

    /// A text that may be shown and kept: not empty, not long, nothing that controls a terminal.
    static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.string, (1...256).contains(text.utf8.count) else { return nil }
        return text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } ? text : nil
    }

    private static func groupNames(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let name): [name]
        case .array(let elements): elements.prefix(groupsMax).compactMap { text($0) }
        default: []
        }
    }
}
