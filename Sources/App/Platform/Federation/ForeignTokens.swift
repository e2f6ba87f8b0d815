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

    private let issuers: [String: Issuer]
    private let users: any ExternalUsers
    private let spent: RevokedTokens
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let signatures = SodiumSignatures()
    private let verified = VerifiedTokens<TokenStatement>()

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

    func recognise(_ token: String) async throws -> RecognisedToken? {
        guard !issuers.isEmpty, token.split(separator: ".", omittingEmptySubsequences: false).count == 3 else {
            return nil
        }
        return try await refusing {
            if let known = verified.content(of: token) {
                return RecognisedToken(principal: try principal(known), statement: known)
            }
            guard let statement = try await verify(token) else { return nil }
            let found = RecognisedToken(principal: try principal(statement), statement: statement)
            verified.insert(statement, of: token)
            return found
        }
    }

    func principal(of statement: TokenStatement) async throws -> Principal? {
        guard let issuer = statement.claims.issuer, issuers[issuer] != nil else { return nil }
        return try await refusing { try principal(statement) }
    }

    /// What is wrong with a token, as callers are told.
    private func refusing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
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
    private func verify(_ token: String) async throws -> TokenStatement? {
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
        // Issuers need not give ids; then the token's own digest, or what stands for it, is the id.
        let id =
            claims.id ?? "sub-"
            + SHA256.digest(of: Array(JSONValue.object(claims.members).bytes)).hexadecimal.prefix(16)
        return TokenStatement(claims, id: id, keyID: signed.keyID, user: user.id)
    }

    private func principal(_ statement: TokenStatement) throws(TokenError) -> Principal {
        guard let name = statement.claims.issuer, let issuer = issuers[name], let id = statement.claims.id else {
            throw TokenError(.issuer, "The token's issuer is not known here.")
        }
        let now = now()
        try issuer.trusted.requirements.check(statement.claims, now: now)
        guard !spent.contains("token:" + id, now: now) else { throw TokenError(.revoked, "The token was revoked.") }
        guard let principal = users.principal(of: statement.user, origin: .token(String(id.prefix(128)))) else {
            throw TokenError(.revoked, "The user of this token is gone or disabled.")
        }
        return principal
    }
}
