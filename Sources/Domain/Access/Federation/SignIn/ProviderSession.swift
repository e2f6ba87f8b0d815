internal import JSONText
public import Telemetry

/// The session at an OpenID provider that a session here began with: what it takes to end both together.
public struct ProviderSession: Sendable, Equatable {
    /// Longest identity token that is kept, in bytes: it comes back in an address.
    public static let tokenBytesMax = 4_096

    /// As the provider is configured here.
    public let name: String
    public let issuer: String
    public let subject: String
    /// What the provider calls its session (`sid`); `nil` where it says nothing of it.
    public let id: String?
    /// The identity token, which tells the provider whom to sign out; `nil` for one that is too long.
    public let token: Redacted<String>?

    public init(name: String, issuer: String, subject: String, id: String?, token: Redacted<String>?) {
        self.name = name
        self.issuer = issuer
        self.subject = subject
        self.id = id
        self.token = token
    }

    /// Of the sign-in that a checked identity token tells of.
    public init(_ claims: TokenClaims, subject: String, issuer: String, provider: String, token: String) {
        self.init(
            name: provider, issuer: issuer, subject: subject, id: IdentityClaims.text(claims.members["sid"]),
            token: token.utf8.count <= Self.tokenBytesMax ? Redacted(token) : nil)
    }

    /// Whether an order of the provider means this session: the one that it names, or all of the person.
    public func isMeant(by order: LogoutOrder) -> Bool {
        guard issuer == order.issuer, order.subject.map({ $0 == subject }) ?? true else { return false }
        guard let session = order.session, let id else { return order.subject != nil }
        return id == session
    }
}
