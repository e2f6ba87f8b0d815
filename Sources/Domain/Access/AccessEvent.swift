public import Vocabulary

/// Something that happened about access, for the audit log. Holds no secret.
public struct AccessEvent: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case signedIn = "session.start"
        case signInRefused = "session.refused"
        case signInThrottled = "session.throttled"
        case signedOut = "session.end"
        case passwordChanged = "user.password"
        case secondFactorOn = "user.totp_on"
        case secondFactorOff = "user.totp_off"
        case recoveryCodeUsed = "user.recovery_code"
        case userCreated = "user.create"
        case userChanged = "user.change"
        case userRemoved = "user.delete"
        case keyCreated = "key.create"
        case keyRotated = "key.rotate"
        case keyRevoked = "key.revoke"
        case teamChanged = "team.change"
        case teamRemoved = "team.delete"
        case tenantChanged = "tenant.change"
        case tenantRemoved = "tenant.delete"
        case roleChanged = "role.change"
    }

    public var kind: Kind
    /// Who did it; `nil` where nobody was signed in.
    public var actor: UserID?
    /// What it was done to: a user's, key's, team's id; the name that was tried for a refused sign-in.
    public var subject: String
    /// The client's address where it is known.
    public var address: String
    /// In a few words: `role admin`, `wrong password`.
    public var detail: String

    public init(_ kind: Kind, actor: UserID?, subject: String, address: String = "", detail: String = "") {
        self.kind = kind
        self.actor = actor
        self.subject = subject
        self.address = address
        self.detail = detail
    }
}
