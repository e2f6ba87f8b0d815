public import HTTPServing

/// What every answer tells a browser: that nothing in it is code of another kind, that no page may frame it, that no address
/// of ours is told to others, and that no cache on the way keeps it.
///
/// Answers that say otherwise keep their word: the page has a policy of its own, assets may be kept.
public struct SecurityHeaders: Middleware {
    /// How long a browser remembers to come with TLS only; `nil` does not say.
    private let transportSeconds: Int?

    /// Of answers that are no page: nothing may run, and nobody may frame them.
    static let policy = "default-src 'none'; frame-ancestors 'none'"

    /// - Parameter transportSeconds: for `Strict-Transport-Security`, on secure connections only.
    public init(transportSeconds: Int? = 31_536_000) { self.transportSeconds = transportSeconds }

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        var response = try await next(request)
        if case .webSocket = response.body { return response }
        var fields: [(name: String, value: String)] = [
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", Self.policy), ("Cache-Control", "no-store"),
        ]
        if request.client.isSecure, let transportSeconds {
            fields.append(("Strict-Transport-Security", "max-age=\(transportSeconds)"))
        }
        for field in fields where response.headers[field.name] == nil {
            response.headers.append(field.name, field.value)
        }
        return response
    }
}
