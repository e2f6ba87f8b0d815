/// One request. Copies share the message, the body and the context.
public struct HTTPRequest: Sendable {
    private final class Head: Sendable {
        let method: HTTPMethod
        let target: String
        let headers: HTTPHeaders
        let remoteAddress: String
        let refusal: HTTPError?
        let pathEnd: String.Index
        let path: String

        init(method: HTTPMethod, target: String, headers: HTTPHeaders, remoteAddress: String, refusal: HTTPError?) {
            self.method = method
            self.target = target
            self.headers = headers
            self.remoteAddress = remoteAddress
            self.refusal = refusal
            pathEnd = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
            let rawPath = target[..<pathEnd]
            if rawPath.utf8.contains(UInt8(ascii: "%")) {
                path = PercentEncoding.decoded(rawPath.utf8) ?? String(rawPath)
            } else {
                path = pathEnd == target.endIndex ? target : String(rawPath)
            }
        }
    }

    private let head: Head
    public var body: RequestBody
    public let context: RequestContext
    /// What the route's placeholders matched.
    public var parameters = PathParameters()
    /// The route that answers this request; `nil` before routing and when there is none. Middleware reads the
    /// permission that it asks for.
    public var route: RouteDescription? {
        if case .route(let matched) = destination { matched.route.description } else { nil }
    }
    /// Of ``route``, whose other parts are not copied then.
    public var operation: String? {
        if case .route(let matched) = destination { matched.route.description.operation } else { nil }
    }
    /// Of ``route``, likewise.
    public var permission: String? {
        if case .route(let matched) = destination { matched.route.description.permission } else { nil }
    }
    /// What answers this request, once the router has looked.
    var destination = RequestDestination.unknown
    /// Who sent it: the peer of the connection, or whom a trusted proxy named in its place. See ``ForwardedClient``.
    public var client: RequestClient

    /// A request without a connection, for tests and internal calls.
    public init(
        _ method: HTTPMethod = .get, _ target: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
        remoteAddress: String = "", isSecure: Bool = false
    ) {
        self.init(
            method: method, target: target, headers: headers, remoteAddress: remoteAddress,
            body: RequestBody(bytes: body), isSecure: isSecure)
    }

    init(
        method: HTTPMethod, target: String, headers: HTTPHeaders, remoteAddress: String, body: RequestBody,
        refusal: HTTPError? = nil, isSecure: Bool = false, transfer: Transfer? = nil
    ) {
        head = Head(
            method: method, target: target, headers: headers, remoteAddress: remoteAddress, refusal: refusal)
        self.body = body
        context = RequestContext(transfer: transfer)
        client = RequestClient(address: remoteAddress, isSecure: isSecure)
    }

    public var method: HTTPMethod { head.method }
    /// Path and query as they were sent.
    public var target: String { head.target }
    public var headers: HTTPHeaders { head.headers }
    /// The peer's IP address, without port; empty over a Unix socket.
    public var remoteAddress: String { head.remoteAddress }
    /// Why the server would not let a handler see this request.
    var refusal: HTTPError? { head.refusal }

    /// The path as it was sent, still percent-encoded.
    public var rawPath: Substring { head.target[..<head.pathEnd] }

    /// The percent-decoded path; as it was sent when it cannot be decoded.
    public var path: String { head.path }

    /// The parameters after the `?`.
    ///
    /// - Throws: ``HTTPError`` with status 400 when they are not percent-encoded UTF-8.
    public var query: HTTPQuery {
        get throws {
            let start = rawPath.endIndex
            return try HTTPQuery(start == target.endIndex ? "" : target[target.index(after: start)...])
        }
    }
}

/// Who sent a request, and how.
public struct RequestClient: Sendable, Equatable {
    /// IP address without port; empty over a Unix socket.
    public var address: String
    /// Whether nobody on the way could read or change it: TLS up to this server, or up to a trusted proxy.
    public var isSecure: Bool

    public init(address: String, isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }
}
