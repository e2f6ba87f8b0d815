public import HTTPServing

/// What every answer tells a browser: that nothing in it is code of another kind, that no page may frame it, that no address
/// of ours is told to others, and that no cache on the way keeps it.
///
/// Answers that say otherwise keep their word: the page has a policy of its own, assets may be kept.
public struct SecurityHeaders: PlainMiddleware {
    /// For browsers that came with TLS; `nil` does not say.
    private let transport: String?

    /// Of answers that are no page: nothing may run, and nobody may frame them.
    static let policy = "default-src 'none'; frame-ancestors 'none'"

    /// - Parameter transportSeconds: how long a browser remembers to come with TLS only; `nil` does not say. Told on secure
    ///   connections only.
    public init(transportSeconds: Int? = 31_536_000) { transport = transportSeconds.map { "max-age=\($0)" } }

    public func after(_ request: HTTPRequest, _ response: inout HTTPResponse) {
        if case .webSocket = response.body { return }
        for field in Self.fields where response.headers[field.name] == nil {
            response.headers.append(field.name, field.value)
        }
        if let transport, request.client.isSecure, response.headers[Self.transportName] == nil {
            response.headers.append(Self.transportName, transport)
        }
    }

    private static let fields: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", policy), ("Cache-Control", "no-store"),
    ]
    private static let transportName = "Strict-Transport-Security"
}
