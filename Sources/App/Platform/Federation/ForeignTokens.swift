import Access
import Digests
import JSONText
import Telemetry
import Vocabulary

/// Recognises access tokens of issuers elsewhere that the operator believes.
final class ForeignTokens: TokenVerifying {
    private struct Issuer: Sendable {
        let trusted: TrustedIssuer
        /// `nil` where the keys are fixed.
        let remote: RemoteKeys?
    }

    /// What is remembered of a token: whose user it was found to be, and what it says.
    private struct Known: Sendable {
        let claims: TokenClaims
        let issuer: String
        let user: UserID
    }

    private let issuers: [String: Issuer]
    private let users: any ExternalUsers
    private let spent: RevokedTokens
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let signatures = SodiumSignatures()
    private let verified = VerifiedTokens<Known>()

    /// - Parameters:
    ///   - issuers: each with an `iss` of its own.
    ///   - fetcher: gets their keys.
    ///   - users: finds or makes their subjects' users.
    ///   - spent: ids that were revoked.
    ///   - now: Unix time in seconds.
    ///   - logger: told why an issuer's keys could not be had.
    init(
        _ issuers: [TrustedIssuer], fetcher: DocumentFetcher, users: any ExternalUsers, spent: RevokedTokens,
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.issuers = Dictionary(
            issuers.map { trusted in
                (trusted.issuer, Issuer(trusted: trusted, remote: Self.remote(trusted, fetcher, now)))
            }, uniquingKeysWith: { first, _ in first })
        self.users = users
        self.spent = spent
        self.now = now
        self.logger = logger
    }

    private static func remote(
        _ trusted: TrustedIssuer, _ fetcher: DocumentFetcher, _ now: @escaping @Sendable () -> Int64
    ) -> RemoteKeys? {
        switch trusted.keys {
        case .fixed: return nil
        case .url(let url):
            return RemoteKeys(now: now) { () async throws(SignInError) in try await fetcher.document(url) }
        case .discovery:
            let doors = ProviderDoors(issuer: trusted.issuer, fetcher: fetcher, now: now)
            return RemoteKeys(now: now) { () async throws(SignInError) in
                guard let url = try await doors.metadata().keysURL else {
                    throw SignInError(.providerFailed, detail: "the issuer names no keys")
                }
                return try await fetcher.document(url)
            }
        }
    }

    func principal(forBearer token: String) async throws -> Principal? {
        guard !issuers.isEmpty, token.split(separator: ".", omittingEmptySubsequences: false).count == 3 else {
            return nil
        }
        do {
            if let known = verified.content(of: token), let issuer = issuers[known.issuer] {
                try issuer.trusted.requirements.check(known.claims, now: now())
                return try principal(known)
            }
            guard let known = try await verify(token) else { return nil }
            let principal = try principal(known)
            verified.insert(known, of: token)
            return principal
        } catch let error as TokenError {
            throw ServiceError(
                .unauthenticated, error.message, hint: "Get another token from its issuer.",
                detail: error.reason.rawValue)
        } catch let error as SignInError {
            logger.warning("the keys of a token's issuer could not be had", [.error: .string(error.debugDescription)])
            throw ServiceError(
                .unauthenticated, "The token cannot be checked now: its issuer does not answer.",
                hint: "Try again in a minute.", detail: error.detail)
        }
    }

    /// `nil` for a token of an issuer that nobody configured.
    private func verify(_ token: String) async throws -> Known? {
        let signed = try SignedToken(token)
        guard let name = try signed.claimedIssuer(), let issuer = issuers[name] else { return nil }
        let keys: VerificationKeys
        switch issuer.trusted.keys {
        case .fixed(let fixed): keys = fixed
        case .url, .discovery:
            guard let remote = issuer.remote else { preconditionFailure("made together with the source") }
            keys = try await remote.keys(having: signed.keyID)
        }
        let claims = try signed.verified(with: keys, by: signatures)
        try issuer.trusted.requirements.check(claims, now: now())
        guard let subject = claims.subject else { throw TokenError(.claim, "The token says nothing of a person.") }
        let identity = IdentityClaims.identity(
            claims.members, subject: subject, issuer: name, groups: issuer.trusted.groupsClaim)
        let user = try await users.user(for: identity, rules: issuer.trusted.rules)
        return Known(claims: claims, issuer: name, user: user.id)
    }

    private func principal(_ known: Known) throws(TokenError) -> Principal {
        // Issuers need not give ids; then the token's own digest, or what stands for it, is the id.
        let id =
            known.claims.id ?? "sub-"
            + SHA256.digest(of: Array(JSONValue.object(known.claims.members).bytes)).hexadecimal.prefix(16)
        guard !spent.contains("token:" + id, now: now()) else { throw TokenError(.revoked, "The token was revoked.") }
        guard let principal = users.principal(of: known.user, origin: .token(String(id.prefix(128)))) else {
            throw TokenError(.revoked, "The user of this token is gone or disabled.")
        }
        return principal
    }
}
