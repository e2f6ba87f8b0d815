/// One request. Copies share the message, the body and the context.
///
/// Two references, because each layer of middleware has copies of its own: what never changes, and what few layers change.
public struct HTTPRequest: Sendable {
    private final class Head: Sendable {
        let method: HTTPMethod
        let target: String
        let headers: HTTPHeaders
        let remoteAddress: String
        let refusal: HTTPError?
        let context: RequestContext
        let pathEnd: String.Index
        let path: String

        init(
            method: HTTPMethod, target: String, headers: HTTPHeaders, remoteAddress: String, refusal: HTTPError?,
            context: RequestContext
        ) {
            self.method = method
            self.target = target
            self.headers = headers
            self.remoteAddress = remoteAddress
            self.refusal = refusal
            self.context = context
            let bytes = target.utf8.span
            var (length, isEncoded) = (0, false)
            while length < bytes.count, bytes[length] != UInt8(ascii: "?") {
                if bytes[length] == UInt8(ascii: "%") { isEncoded = true }
                length += 1
            }
            pathEnd = target.utf8.index(target.startIndex, offsetBy: length)
            let rawPath = target[..<pathEnd]
            if isEncoded {
                path = PercentEncoding.decoded(rawPath.utf8) ?? String(rawPath)
            } else {
                path = length == bytes.count ? target : String(rawPath)
            }
        }
    }

    /// Replaced as a whole by whoever changes something of it.
    private final class Course: Sendable {
        let body: RequestBody
        let parameters: PathParameters
        let destination: RequestDestination
        let client: RequestClient

        init(
            body: RequestBody, parameters: PathParameters, destination: RequestDestination, client: RequestClient
        ) {
            self.body = body
            self.parameters = parameters
            self.destination = destination
            self.client = client
        }

        func with(
            body: RequestBody? = nil, parameters: PathParameters? = nil, destination: RequestDestination? = nil,
            client: RequestClient? = nil
        ) -> Course {
            Course(
                body: body ?? self.body, parameters: parameters ?? self.parameters,
                destination: destination ?? self.destination, client: client ?? self.client)
        }
    }

    private let head: Head
    private var course: Course

    public var body: RequestBody {
        get { course.body }
        set { course = course.with(body: newValue) }
    }
    /// What the route's placeholders matched.
    public var parameters: PathParameters {
        get { course.parameters }
        set { course = course.with(parameters: newValue) }
    }
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
    var destination: RequestDestination {
        get { course.destination }
        set { course = course.with(destination: newValue) }
    }
    /// Who sent it: the peer of the connection, or whom a trusted proxy named in its place. See ``ForwardedClient``.
    public var client: RequestClient {
        get { course.client }
        set { course = course.with(client: newValue) }
    }

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
            method: method, target: target, headers: headers, remoteAddress: remoteAddress, refusal: refusal,
            context: RequestContext(transfer: transfer))
        course = Course(
            body: body, parameters: PathParameters(), destination: .unknown,
            client: RequestClient(address: remoteAddress, isSecure: isSecure))
    }

    public var method: HTTPMethod { head.method }
    /// Path and query as they were sent.
    public var target: String { head.target }
    public var headers: HTTPHeaders { head.headers }
    public var context: RequestContext { head.context }
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
