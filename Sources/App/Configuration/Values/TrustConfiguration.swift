/// Whom the server believes, where it may connect to, and how it keeps secrets.
public struct TrustConfiguration: Sendable, Equatable {
    /// Names and addresses that the server answers to beside this machine's own. None, where callers need a credential,
    /// answers to all.
    public var hosts: [String] = []
    /// Where people find the server: `https://chat.example.org`, without a path.
    public var publicURL: String?
    /// Addresses and ranges of proxies whose `X-Forwarded-…` headers are believed.
    public var trustedProxies: [String] = []
    /// Whether requests of other machines without TLS are refused, or sent to the same address with it.
    public var requiresTLS = false
    /// Ranges, `loopback`, `private` or host names that the server may connect to when somebody else than an administrator
    /// names the address.
    public var outgoingAllowed: [String] = []
    /// 32 bytes in hexadecimal or base64 that secrets are sealed with; more, after commas, are older ones that still open.
    public var secretsKey: Secret?
    /// Where systemd puts the credentials of a service.
    public var credentialsDirectory: String?
    public var input = InputConfiguration()
}

/// What texts of requests may hold. Everything, unless it is said otherwise.
public struct InputConfiguration: Sendable, Equatable {
    /// Characters of one text of a request; `nil` leaves the bound of the body.
    public var charactersMax: Int?
    /// Regular expressions of which one must match every text as a whole; none allows all.
    public var allowedPatterns: [String] = []
    /// Regular expressions that no text may match.
    public var blockedPatterns: [String] = []
}
