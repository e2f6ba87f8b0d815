import Access
import HTTPFetching
import JSONText

/// Sign-in at one provider by OpenID Connect, or by OAuth 2.0 as GitHub speaks it: asks, exchanges the code, checks.
struct OIDCSignIn: Sendable {
    let provider: ProviderSettings
    let redirectURI: String
    /// Where the provider sends browsers that have signed out there.
    let signedOutURI: String
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
        signedOutURI = publicURL + "/sign-in/oidc/\(provider.name)/signed-out"
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
    /// - Returns: the person, and their session at the provider.
    /// - Throws: ``SignInError`` where anything is not as it must be.
    func identity(
        query: @Sendable (String) -> String?, visit: ProviderVisit
    ) async throws(SignInError) -> SignInDesk.Arrival {
        let flow = try await flow()
        let code = try flow.code(query: query, visit: visit)
        let (form, authorization) = flow.exchange(code: code, visit: visit)
        let answer = try await fetcher.fetch(
            flow.metadata.tokenEndpoint, method: "POST",
            headers: authorization.map { ["Authorization": $0] } ?? [:], form: form,
            bytesMax: AuthorizationCode.answerBytesMax)
        let tokens = try flow.tokens(status: answer.status, body: answer.body)
        let arrival =
            switch provider.dialect {
            case .oidc: try await arrival(token: tokens.identity, flow.metadata, visit)
            case .github:
                SignInDesk.Arrival(identity: try await githubIdentity(flow.metadata, access: tokens.access))
            }
        guard provider.allows(email: arrival.identity.email, isVerified: arrival.identity.isEmailVerified) else {
            throw SignInError(.notAllowed, detail: "the address is of no domain that is let in, or not verified")
        }
        return arrival
    }

    private func arrival(
        token: String?, _ metadata: ProviderMetadata, _ visit: ProviderVisit
    ) async throws(SignInError) -> SignInDesk.Arrival {
        guard let token else { throw SignInError(.providerFailed, detail: "there is no identity token") }
        do {
            let claims = try await claims(of: token)
            let identity = try IdentityClaims.identity(
                claims, provider: provider, issuer: metadata.issuer, nonce: visit.nonce, now: now())
            return SignInDesk.Arrival(
                identity: identity,
                session: ProviderSession(
                    claims, subject: identity.subject, issuer: metadata.issuer, provider: provider.name, token: token))
        } catch let error as SignInError {
            throw error
        } catch let error as TokenError {
            throw SignInError(.identityRefused, detail: "[\(error.reason.rawValue)] \(error.message)")
        } catch {
            throw SignInError(.identityRefused, detail: "the identity token cannot be read")
        }
    }

    private func claims(of token: String) async throws -> TokenClaims {
        let signed = try SignedToken(token)
        let keys = try await keys.keys(having: signed.keyID)
        return try signed.verified(with: keys, by: SodiumSignatures())
    }

    // MARK: Signing out

    /// Where a browser goes to sign out at the provider.
    ///
    /// - Parameters:
    ///   - session: that has ended here.
    ///   - state: comes back with the browser. Nothing here depends on it.
    /// - Returns: `nil` where it has no such door, or does not answer.
    func signOutLocation(_ session: ProviderSession, state: String) async -> String? {
        do {
            return try await doors?.metadata().signOutLocation(
                session, clientID: provider.clientID, returnURL: signedOutURI, state: state)
        } catch {
            return nil
        }
    }

    /// What a provider orders.
    ///
    /// - Parameter token: the logout token.
    /// - Returns: whom it means.
    /// - Throws: ``TokenError`` where it is no order of this provider; ``SignInError`` where its keys cannot be had.
    func order(_ token: String) async throws -> LogoutOrder {
        guard let doors else { throw TokenError(.type, "This provider gives no orders.") }
        let issuer = try await doors.metadata().issuer
        return try LogoutOrder(try await claims(of: token), clientID: provider.clientID, issuer: issuer, now: now())
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
