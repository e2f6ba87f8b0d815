/// The identity provider that is believed, as it is configured.
public struct SAMLSettings: Sendable, Equatable {
    /// On the button.
    public var title: String
    /// The provider's entity id: the exact `Issuer` of its assertions.
    public var issuer: String
    /// Where browsers are sent to sign in.
    public var signInURL: String
    /// PEM texts of the certificates that it signs with: one, and another while it changes them.
    public var certificates: [String]
    /// The attribute that has groups.
    public var groupsAttribute: String
    public var emailAttribute: String
    public var nameAttribute: String
    /// Whether the provider's addresses are known to be its users'.
    public var trustsEmail: Bool
    /// What becomes of the people that it names.
    public var rules: ExternalUserRules
    /// How far clocks may be apart, in seconds.
    public var skew: Int64

    public init(
        title: String = "SAML", issuer: String, signInURL: String, certificates: [String],
        groupsAttribute: String = "groups", emailAttribute: String = "email", nameAttribute: String = "displayName",
        trustsEmail: Bool = false, rules: ExternalUserRules = ExternalUserRules(),
        skew: Int64 = 60
    ) {
        self.title = title
        self.issuer = issuer
        self.signInURL = signInURL
        self.certificates = certificates
        self.groupsAttribute = groupsAttribute
        self.emailAttribute = emailAttribute
        self.nameAttribute = nameAttribute
        self.trustsEmail = trustsEmail
        self.rules = rules
        self.skew = skew
    }

    /// What a sign-in at this provider is called in its cookie.
    public static let visitName = "saml"
}
