extension Settings {
    /// Whom the server believes, where it may connect to, and how it keeps secrets.
    static let trust: [Setting<ConfigurationDraft>] = [
        Setting(
            "server.hosts", \.configuration.trust.hosts, .list(of: .text("HOST", bytesMax: 255), countMax: 64),
            "Names and addresses that the server answers to, beside localhost; without sign-in no others are answered."),
        Setting(
            "server.publicURL", \.configuration.trust.publicURL, .optional(.httpURL),
            "Where people find the server, such as https://chat.example.org."),
        Setting(
            "server.trustedProxies", \.configuration.trust.trustedProxies, .list(of: .addressRange, countMax: 64),
            "Addresses or ranges of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."),
        Setting(
            "server.requireTLS", \.configuration.trust.requiresTLS, .flag,
            "Send requests of other machines without TLS to https, and refuse those that change something."),
        Setting(
            "server.outgoing.allow", \.configuration.trust.outgoingAllowed,
            .list(of: .text("RANGE", bytesMax: 255), countMax: 64),
            "Address ranges, 'loopback', 'private' or host names that addresses given by users may lead to."),
        Setting(
            "server.input.charactersMax", \.configuration.trust.input.charactersMax,
            .optional(.integer(in: 1...16_777_216)),
            "Longest text in a request, in characters. Off by default: a prompt may be as long as the model's context."),
        Setting(
            "server.input.allowedPatterns", \.configuration.trust.input.allowedPatterns,
            .list(of: .text("REGEX", bytesMax: 1_024), countMax: 16),
            "Regular expressions of which every text must match one. Off by default: it would refuse most languages."),
        Setting(
            "server.input.blockedPatterns", \.configuration.trust.input.blockedPatterns,
            .list(of: .text("REGEX", bytesMax: 1_024), countMax: 16),
            "Regular expressions that no text may match. Off by default: people ask models about SQL and HTML."),
        Setting(
            "secrets.key", \.configuration.trust.secretsKey, .optional(.secret(.text("KEY"))), isSecret: true,
            "32 random bytes, hexadecimal or base64, that kept secrets are sealed with; without it a file in dataDir."),
        Setting(
            "secrets.credentialsDirectory", \.configuration.trust.credentialsDirectory, .optional(.path()),
            customaryVariable: "CREDENTIALS_DIRECTORY",
            "Directory of systemd credentials, where nexus-secrets-key is that key."),
    ]
}

extension ValueKind where Value == String {
    /// An address, or a range in CIDR notation; whether it is one is seen by who uses it.
    fileprivate static var addressRange: ValueKind {
        pattern("an IP address or a range such as 10.0.0.0/8", placeholder: "RANGE") { text in
            (2...64).contains(text.utf8.count)
                && text.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
                        || ".:/".utf8.contains(byte)
                }
        }
    }
}
