public import JSONText
public import Vocabulary

/// What a token said whose signature was right: enough to ask again whether it counts when the token itself is not there any more, and
/// nothing that could be shown in its place.
public struct TokenStatement: Sendable, Equatable {
    /// Those claims that decide whether it counts and what it allows. There is always a `jti`.
    public let claims: TokenClaims
    /// Of the key that signed it.
    public let keyID: String?
    /// Whose it was found to be here.
    public let user: UserID

    /// Of an access token of this server and of others; whatever else tells of the person is left out.
    private static let kept = [
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "models", "priority", "parent", "family",
    ]

    /// - Parameters:
    ///   - claims: of a token whose signature is right.
    ///   - id: what stands for the token.
    ///   - keyID: of the key.
    ///   - user: whose it is.
    public init(_ claims: TokenClaims, id: String, keyID: String?, user: UserID) {
        var members = JSONObject()
        for name in Self.kept { members[name] = claims.members[name] }
        members["jti"] = .string(id)
        self.claims = TokenClaims(members, type: claims.type)
        self.keyID = keyID
        self.user = user
    }

    /// - Returns: `nil` for what ``json`` has not written.
    public init?(_ json: JSONObject) {
        guard let members = json["claims"]?.object, let user = json["user"]?.string, let id = members["jti"]?.string
        else { return nil }
        self.init(
            TokenClaims(members, type: json["type"]?.string), id: id, keyID: json["key"]?.string, user: UserID(user))
    }

    public var json: JSONObject {
        [
            "claims": .object(claims.members), "type": claims.type.map(JSONValue.string) ?? .null,
            "key": keyID.map(JSONValue.string) ?? .null, "user": .string(user.text),
        ]
    }
}

/// A token that counts.
public struct RecognisedToken: Sendable {
    /// Who it stands for.
    public let principal: Principal
    /// What it said.
    public let statement: TokenStatement

    public init(principal: Principal, statement: TokenStatement) {
        self.principal = principal
        self.statement = statement
    }
}
