import Access
import HTTPServing
import Telemetry
import Vocabulary

/// Sends browsers out to providers and takes them in again: the same steps for every kind of provider.
struct SignInDesk: Sendable {
    let tokens: TokenDesk
    let spent: SpentIDs
    let users: any ExternalUsers
    let visitCookie: VisitCookie
    /// The header `Set-Cookie` that begins a session.
    let sessionCookie: @Sendable (StartedSession) -> String
    let randomBytes: @Sendable (Int) -> [UInt8]
    let now: @Sendable () -> Int64
    let logger: Logger
    let report: @Sendable (AccessEvent) -> Void

    /// Whom a provider has sent.
    struct Arrival {
        var identity: ExternalIdentity
        /// `nil` where nothing here ends with it.
        var session: ProviderSession?
    }

    /// Sends a browser out.
    ///
    /// - Parameters:
    ///   - provider: what the visit is called.
    ///   - request: its query may name the path to come back to.
    ///   - comesByForm: whether the provider's page posts a form here.
    ///   - location: where to, for a visit.
    /// - Returns: a redirect with the visit's cookie, or a page that says what is wrong.
    /// - Throws: when the visit cannot be signed.
    func sendOut(
        _ provider: String, _ request: HTTPRequest, comesByForm: Bool = false,
        location: (ProviderVisit) async throws -> String
    ) async throws -> HTTPResponse {
        let visit = ProviderVisit(
            provider: provider, returnPath: try request.query["return"], randomBytes: randomBytes)
        do {
            let target = try await location(visit)
            let token = try await tokens.sign(
                visit.claims(issuer: tokens.tokens.issuer, now: now()), type: ProviderVisit.type)
            return Self.redirect(to: target, cookies: [visitCookie.header(token, comesByForm: comesByForm)])
        } catch let error as SignInError {
            return refusal(error, provider, request)
        }
    }

    /// Takes a browser in.
    ///
    /// - Parameters:
    ///   - provider: what the visit is called.
    ///   - request: of the redirect, or the form, that brings it back.
    ///   - rules: what becomes of those whom the provider names.
    ///   - identity: checks what it brings. It may spend ids.
    /// - Returns: a redirect to where the person wanted to go, with a session's cookie, or a page that says what is wrong.
    /// - Throws: when the database cannot be written.
    func takeIn(
        _ provider: String, _ request: HTTPRequest, rules: ExternalUserRules,
        identity: (ProviderVisit) async throws -> Arrival
    ) async throws -> HTTPResponse {
        do {
            let visit = try self.visit(of: request)
            guard visit.provider == provider else {
                throw SignInError(.stateMismatch, detail: "the cookie is of a visit elsewhere")
            }
            let person = try await identity(visit)
            // The browser may go back; its answer may not be taken twice.
            let end = now() + ProviderVisit.lifetime + 60
            guard spent.memory.insert("visit:" + visit.state, until: end, now: now()) else {
                throw SignInError(.noAttempt, detail: "the visit was finished already")
            }
            let user = try await users.user(for: person.identity, rules: rules)
            let client = ClientTrace(address: request.client.address, agent: request.headers["User-Agent"] ?? "")
            let session = try await users.startSession(
                for: user.id, from: client, provider: person.session)
            report(
                AccessEvent(
                    .signedIn, actor: user.id, subject: session.session.id, address: client.address, detail: provider))
            return Self.redirect(to: visit.returnPath, cookies: [sessionCookie(session), visitCookie.removal])
        } catch let error as SignInError {
            return refusal(error, provider, request)
        } catch let error as ServiceError where [.forbidden, .unauthenticated].contains(error.code) {
            return refusal(SignInError(.notAllowed, detail: String(reflecting: error)), provider, request)
        }
    }

    private func visit(of request: HTTPRequest) throws(SignInError) -> ProviderVisit {
        guard let token = visitCookie.token(in: request.headers) else {
            throw SignInError(.noAttempt, detail: "the browser brings no cookie of a visit, or several")
        }
        do throws(TokenError) {
            guard let claims = try tokens.verifiedClaims(of: token) else {
                throw TokenError(.issuer, "The cookie is of another server.")
            }
            return try ProviderVisit(claims, issuer: tokens.tokens.issuer, now: now())
        } catch {
            throw SignInError(.noAttempt, detail: "the cookie of the visit: \(error.message)")
        }
    }

    private func refusal(_ error: SignInError, _ provider: String, _ request: HTTPRequest) -> HTTPResponse {
        logger.warning(
            "sign-in at a provider refused",
            [
                "provider": .string(provider), "reason": .string(error.reason.rawValue),
                "detail": .string(error.detail),
                "remote": .string(request.client.address),
            ])
        report(
            AccessEvent(
                .signInRefused, actor: nil, subject: provider, address: request.client.address,
                detail: error.reason.rawValue))
        return SignInPage.refusal(error, cookies: [visitCookie.removal])
    }

    /// 303: whatever the method was, the browser goes on with GET.
    private static func redirect(to target: String, cookies: [String]) -> HTTPResponse {
        var response = HTTPResponse(.seeOther, headers: ["Location": target, "Cache-Control": "no-store"])
        for cookie in cookies { response.headers.append("Set-Cookie", cookie) }
        return response
    }
}

/// What a person sees when a sign-in did not work: no scripts, nothing of what came in.
enum SignInPage {
    static func refusal(_ error: SignInError, cookies: [String]) -> HTTPResponse {
        let status: HTTPStatus =
            switch error.reason {
            case .noAttempt, .stateMismatch: .badRequest
            case .denied, .identityRefused, .notAllowed: .forbidden
            case .providerFailed: .badGateway
            }
        let page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Sign-in</title></head>
            <body><h1>Sign-in did not work</h1><p>\(error.description)</p><p>Reason: <code>\(error.reason.rawValue)</code></p>
            <p><a href="/">Back</a></p></body></html>

            """
        var response = HTTPResponse.text(page, contentType: "text/html; charset=utf-8", status: status)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        for cookie in cookies { response.headers.append("Set-Cookie", cookie) }
        return response
    }
}
