import Access
import HTTPServing
import RequestScope
import Telemetry
import Vocabulary

/// Finds out who asks, and whether they may: for every route, from its permission. What runs inside sees the caller as
/// `Principal.current`, streams and WebSockets too.
///
/// A credential comes as `Authorization: Bearer …`, as `X-Api-Key` (Anthropic's clients), or as the cookie of a session; never
/// in the URL, which is written into logs and histories.
struct Authentication: Middleware {
    let mode: AccessModeSource
    let credentials: CredentialCheck
    let verifiers: TokenVerifiers
    let cookie: SessionCookie
    /// Told of what takes its time, which ends with its credential.
    let open: OpenRequests
    /// Whether the server listens where only the data directory's owner comes: everybody there is ``Principal/local``.
    let isLocal: Bool
    /// Makes the answer for an error, as the path's API has it.
    let refuse: ErrorResponder

    func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        let (principal, token): (Principal, TokenStatement?)
        let permission = request.permission
        do {
            if let known = try callerAtHand(of: request, permission) {
                (principal, token) = (known, nil)
            } else {
                (principal, token) = try await caller(byTokenOf: request)
            }
            // Known from here on, also to who writes down that they were refused.
            request.context[PrincipalKey.self] = principal
            try Self.check(principal, permission)
        } catch let error as ServiceError {
            return await refused(error, request)
        }
        // What models compute may take long whatever its answer looks like; anything else does where it is a stream.
        let isNoted = permission == Self.longPermission
        let noted = isNoted ? open.enter(principal, token: token, request.context) : nil
        let response = try await Self.within(principal, token) { try await next(request) }
        switch response.body {
        case .bytes, .file: return response
        case .stream, .webSocket: return guarded(response, request, principal, token, noted)
        }
    }

    @inline(never)
    private func refused(_ error: ServiceError, _ request: HTTPRequest) async -> HTTPResponse {
        var response = await refuse(error, request)
        if error.code == .unauthenticated { response.headers["WWW-Authenticate"] = "Bearer" }
        return response
    }

    /// A response that takes its time: what writes it sees the caller too, and ends with the credential.
    @inline(never)
    private func guarded(
        _ answer: consuming HTTPResponse, _ request: HTTPRequest, _ principal: Principal, _ token: TokenStatement?,
        _ noted: UInt64?
    ) -> HTTPResponse {
        var response = consume answer
        switch response.body {
        case .stream(let keepAlive, let produce):
            if noted == nil { open.enter(principal, token: token, request.context) }
            response.body = .stream(keepAlive: keepAlive) { writer in
                try await Self.within(principal, token) { try await produce(writer) }
            }
        case .webSocket(let options, let serve):
            if let noted { open.leave(noted) }
            response.body = .webSocket(options) { [open] socket in
                try await open.serve(socket, principal, token: token) {
                    try await Self.within(principal, token) { try await serve(socket) }
                }
            }
        case .bytes, .file: break
        }
        return response
    }

    // MARK: Who

    /// The caller, where they are known without asking anybody: `nil` for who may bring a token.
    @inline(never)
    private func callerAtHand(of request: HTTPRequest, _ permission: String?) throws(ServiceError) -> Principal? {
        try Self.refuseKeysInQuery(request)
        if isLocal { return .local }
        if mode() == .open { return .open }
        // Nothing of a caller is needed where there is no route, or where it is for everybody; what they bring is still looked
        // at, for those routes that tell who they are, and what is wrong with it does not matter.
        guard permission != nil else {
            do { return try known(request) ?? .anonymous } catch { return .anonymous }
        }
        return try known(request)
    }

    /// The caller whose token the request brings, with what that says.
    private func caller(byTokenOf request: HTTPRequest) async throws -> (Principal, TokenStatement?) {
        if let token = try Self.bearer(request), let found = try await verifiers.recognise(token) {
            return (found.principal, found.statement)
        }
        throw Self.unknown(hasCredential: try Self.bearer(request) != nil)
    }

    /// Who the request's API key or session stands for; `nil` when it has neither.
    private func known(_ request: HTTPRequest) throws(ServiceError) -> Principal? {
        if let bearer = try Self.bearer(request) {
            guard KeyText.claims(bearer) else { return nil }
            return try credentials.principal(forKey: bearer)
        }
        return cookie.token(in: request.headers).flatMap(credentials.principal(forSession:))
    }

    /// Longest credential in a header that is looked at, in bytes.
    private static let credentialBytesMax = 16 << 10

    /// What the client sent as its credential, in whichever header.
    ///
    /// - Throws: `unauthenticated` when there are two that differ: which one counts would depend on who reads it.
    static func bearer(_ request: HTTPRequest) throws(ServiceError) -> String? {
        var found: String?
        func take(_ value: String) throws(ServiceError) {
            let credential = bare(value)
            guard !credential.isEmpty else { return }
            guard credential.utf8.count <= credentialBytesMax, found == nil || found == credential else {
                throw ServiceError(
                    .unauthenticated, "The request brings several credentials, or one that is too long.",
                    hint: "Send one key, in one header.")
            }
            found = credential
        }
        let headers = request.headers
        try headers.forEach("Authorization", take)
        try headers.forEach("X-Api-Key", take)
        return found
    }

    /// A header's value without its scheme and the spaces before it.
    private static func bare(_ value: String) -> String {
        var value = value
        return value.withUTF8 { bytes in
            var start = 0
            func skipSpaces() { while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 } }
            skipSpaces()
            let scheme: StaticString = "bearer "
            let isBearer = scheme.withUTF8Buffer { letters in
                guard bytes.count - start >= letters.count else { return false }
                for place in letters.indices {
                    let byte = bytes[start + place]
                    let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    guard (isCapital ? byte | 0x20 : byte) == letters[place] else { return false }
                }
                return true
            }
            if isBearer { start += scheme.utf8CodeUnitCount }
            skipSpaces()
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start...]), as: UTF8.self)
        }
    }

    private static func unknown(hasCredential: Bool) -> ServiceError {
        ServiceError(
            .unauthenticated, hasCredential ? "This credential is not valid." : "A credential is missing.",
            hint: "Send an API key of this server as `Authorization: Bearer KEY`, or sign in.")
    }

    /// Of routes that ask models.
    private static let longPermission = "chat.use"

    // MARK: Whether

    private static func check(_ principal: Principal, _ permission: String?) throws(ServiceError) {
        guard let permission, !PermissionTable.allows(principal, permission) else { return }
        guard PermissionTable.allows(principal.role, permission) else {
            throw ServiceError(
                .forbidden,
                "The role \(principal.role.rawValue) may not do this; it needs the permission '\(permission)'.",
                hint: "GET /api/v1/roles lists who may do what.")
        }
        throw ServiceError(
            .forbidden, "This key is restricted to other scopes; '\(permission)' is needed.",
            hint: "Make a key with this scope.")
    }

    /// Names under which clients put keys into URLs.
    private static let keyNames: Set<String> = [
        "key", "api_key", "api-key", "apikey", "x-api-key", "access_token", "auth_token", "authorization", "bearer",
    ]

    private static func refuseKeysInQuery(_ request: HTTPRequest) throws(ServiceError) {
        guard request.target.utf8.contains(UInt8(ascii: "?")) else { return }
        let items: [(name: String, value: String)]
        do { items = try request.query.items } catch { return }
        guard items.contains(where: { keyNames.contains($0.name.lowercased()) || KeyText.claims($0.value) }) else {
            return
        }
        throw ServiceError(
            .invalidValue, "A key does not belong into the URL, which is written into logs.",
            hint: "Send it as `Authorization: Bearer KEY`, and rotate the one that was in the URL.")
    }

    // MARK: Within

    private static func within<Result>(
        _ principal: Principal, _ token: TokenStatement?, _ body: () async throws -> Result
    ) async rethrows -> Result {
        guard let token else { return try await within(principal, body) }
        return try await OpenRequests.$token.withValue(token) { try await within(principal, body) }
    }

    /// Not inlined, so that a stream keeps a frame with one copy of what is set, and not one for each way in.
    @inline(never)
    private static func within<Result>(
        _ principal: Principal, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await LogContext.$current.withValue(logContext(principal)) {
            try await Principal.$current.withValue(principal) { try await body() }
        }
    }

    private static func logContext(_ principal: Principal) -> LogContext? {
        var context = LogContext.current
        context?.fields = LogFields(principal)
        return context
    }
}
