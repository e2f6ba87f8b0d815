/// Cross-origin resource sharing for a list of origins. Source: WHATWG Fetch, section 3.2 "CORS protocol".
///
/// An origin is compared as a whole and only listed ones are ever named in an answer, so no foreign page can read with
/// a user's cookies. The origin `*` lets every page read, but never with credentials.
public struct CrossOrigin: PlainMiddleware {
    /// Such as `https://chat.example.org` or `http://localhost:5173`, without a path.
    public var origins: Set<String>
    public var methods: [HTTPMethod]
    /// Request headers that a page may set beyond the harmless ones.
    public var requestHeaders: [String]
    /// Response headers that a page may read beyond the harmless ones.
    public var exposedHeaders: [String]
    /// Whether the browser may send cookies along.
    public var allowsCredentials: Bool
    /// How long a browser may remember a preflight, in seconds.
    public var preflightSeconds: Int

    public init(
        origins: Set<String>, methods: [HTTPMethod] = [.get, .head, .post, .put, .patch, .delete],
        requestHeaders: [String] = ["Authorization", "Content-Type", "Last-Event-ID", "X-Request-ID"],
        exposedHeaders: [String] = ["X-Request-ID"], allowsCredentials: Bool = false, preflightSeconds: Int = 600
    ) {
        self.origins = origins
        self.methods = methods
        self.requestHeaders = requestHeaders
        self.exposedHeaders = exposedHeaders
        self.allowsCredentials = allowsCredentials
        self.preflightSeconds = preflightSeconds
    }

    private static func isPreflight(_ request: HTTPRequest) -> Bool {
        request.method == .options && request.headers["Access-Control-Request-Method"] != nil
    }

    public func before(_ request: inout HTTPRequest) -> HTTPResponse? {
        Self.isPreflight(request) ? HTTPResponse(.noContent) : nil
    }

    public func after(_ request: HTTPRequest, _ response: inout HTTPResponse) {
        response.headers.add("Vary", token: "Origin")
        guard let origin = request.headers["Origin"] else { return }
        let isListed = origins.contains(origin)
        guard isListed || origins.contains("*") else { return }
        response.headers["Access-Control-Allow-Origin"] = isListed ? origin : "*"
        if allowsCredentials, isListed { response.headers["Access-Control-Allow-Credentials"] = "true" }
        if Self.isPreflight(request) {
            response.headers["Access-Control-Allow-Methods"] = methods.map(\.rawValue).joined(separator: ", ")
            response.headers["Access-Control-Allow-Headers"] = requestHeaders.joined(separator: ", ")
            response.headers["Access-Control-Max-Age"] = String(preflightSeconds)
        } else if !exposedHeaders.isEmpty {
            response.headers["Access-Control-Expose-Headers"] = exposedHeaders.joined(separator: ", ")
        }
    }
}
