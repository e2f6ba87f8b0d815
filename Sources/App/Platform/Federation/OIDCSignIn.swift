import Access
import HTTPFetching
import JSONText

/// Sign-in at one provider by OpenID Connect, or by OAuth 2.0 as GitHub speaks it: asks, exchanges the code, checks.
struct OIDCSignIn: Sendable {
    let provider: ProviderSettings
    let redirectURI: String
    private let fetcher: DocumentFetcher
    private let doors: ProviderDoors?
    private let keys: RemoteKeys
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - provider: as configured.
    ///   - publicURL: the server's, which the redirect address is made of and nothing else.
    ///   - fetcher: asks the provider.
    ///   - now: Unix time in seconds.
    init(
        _ provider: ProviderSettings, publicURL: String, fetcher: DocumentFetcher, now: @escaping @Sendable () -> Int64
    ) {
        self.provider = provider
        self.fetcher = fetcher
        self.now = now
        redirectURI = publicURL + "/sign-in/oidc/\(provider.name)/callback"
        let doors =
            provider.dialect == .oidc ? ProviderDoors(issuer: provider.issuer, fetcher: fetcher, now: now) : nil
        self.doors = doors
        keys = RemoteKeys(now: now) { () async throws(SignInError) in
            guard let url = try await doors?.metadata().keysURL else {
                throw SignInError(.providerFailed, detail: "the provider has no keys")
            }
            return try await fetcher.document(url)
        }
    }

    private func flow() async throws(SignInError) -> AuthorizationCode {
        let metadata = try await doors?.metadata() ?? .github(base: provider.issuer)
        return AuthorizationCode(provider: provider, metadata: metadata, redirectURI: redirectURI)
    }

    /// Where the browser is sent to.
    func location(_ visit: ProviderVisit) async throws(SignInError) -> String { try await flow().location(visit) }

    /// Who the browser brings back.
    ///
    /// - Parameters:
    ///   - query: of the redirect back.
    ///   - visit: from the browser's cookie.
    /// - Returns: the person.
    /// - Throws: ``SignInError`` where anything is not as it must be.
    func identity(
        query: @Sendable (String) -> String?, visit: ProviderVisit
    ) async throws(SignInError) -> ExternalIdentity {
        let flow = try await flow()
        let code = try flow.code(query: query, visit: visit)
        let (form, authorization) = flow.exchange(code: code, visit: visit)
        let answer = try await fetcher.fetch(
            flow.metadata.tokenEndpoint, method: "POST",
            headers: authorization.map { ["Authorization": $0] } ?? [:], form: form,
            bytesMax: AuthorizationCode.answerBytesMax)
        let tokens = try flow.tokens(status: answer.status, body: answer.body)
        let identity =
            switch provider.dialect {
            case .oidc: try await identity(token: tokens.identity, flow.metadata, visit)
            case .github: try await githubIdentity(flow.metadata, access: tokens.access)
            }
        guard provider.allows(email: identity.email, isVerified: identity.isEmailVerified) else {
            throw SignInError(.notAllowed, detail: "the address is of no domain that is let in, or not verified")
        }
        return identity
    }

    private func identity(
        token: String?, _ metadata: ProviderMetadata, _ visit: ProviderVisit
    ) async throws(SignInError) -> ExternalIdentity {
        guard let token else { throw SignInError(.providerFailed, detail: "there is no identity token") }
        do {
            let signed = try SignedToken(token)
            let keys = try await keys.keys(having: signed.keyID)
            let claims = try signed.verified(with: keys, by: SodiumSignatures())
            return try IdentityClaims.identity(
                claims, provider: provider, issuer: metadata.issuer, nonce: visit.nonce, now: now())
        } catch let error as SignInError {
            throw error
        } catch let error as TokenError {
            throw SignInError(.identityRefused, detail: "[\(error.reason.rawValue)] \(error.message)")
        } catch {
            throw SignInError(.identityRefused, detail: "the identity token cannot be read")
        }
    }

    private func githubIdentity(
        _ metadata: ProviderMetadata, access: String
    ) async throws(SignInError) -> ExternalIdentity {
        guard let endpoint = metadata.userEndpoint else { preconditionFailure("GitHub's doors have one") }
        guard let user = try await json(endpoint, access: access) else {
            throw SignInError(.providerFailed, detail: "the user endpoint gave no JSON")
        }
        return try IdentityClaims.github(
            user: user, emails: try await json(endpoint + "/emails", access: access),
            organizations: try await json(endpoint + "/orgs", access: access), issuer: metadata.issuer)
    }

    /// `nil` for what is not there, or is not shown to us.
    private func json(_ url: String, access: String) async throws(SignInError) -> JSONValue? {
        let answer = try await fetcher.fetch(url, headers: ["Authorization": "Bearer \(access)"])
        guard answer.status == 200 else { return nil }
        do {
            return try JSONValue.parse(answer.body, depthMax: 16)
        } catch {
            return nil
        }
    }
}
