/// Answers one request. What it throws becomes an error response.
public typealias HTTPHandler = @Sendable (HTTPRequest) async throws -> HTTPResponse

/// Joins a method and a path pattern to a handler, with what the API's document says about it.
///
/// Pattern segments: `models` matches itself, `{model}` matches any one non-empty segment, `{path...}` at the end
/// matches one or more segments with their slashes.
public struct Route: Sendable {
    public enum Execution: Sendable {
        /// On the server's thread until the handler first suspends. For handlers that compute little.
        case inline
        /// On the server's thread if the body's length is declared and at most ``Route/inlineBodyBytesMax``, on the concurrent
        /// pool otherwise. For handlers whose work before they first suspend grows with the body.
        case bySize
        /// On the concurrent pool, with all middleware in front of it. For handlers that compute or block for more than some microseconds.
        case concurrent
    }

    /// Longest body that is read and looked at on the server's thread. Chosen: most requests are shorter, and a change of thread
    /// would be much of what they cost.
    public static let inlineBodyBytesMax = 16 << 10

    public var method: HTTPMethod
    public var pattern: String
    public var description: RouteDescription
    /// Instead of the server's limit for request bodies.
    public var bodyBytesMax: Int?
    public var execution: Execution
    public var handler: HTTPHandler

    public init(
        _ method: HTTPMethod, _ pattern: String, _ description: RouteDescription = RouteDescription(),
        bodyBytesMax: Int? = nil, execution: Execution = .inline, handler: @escaping HTTPHandler
    ) {
        self.method = method
        self.pattern = pattern
        self.description = description
        self.bodyBytesMax = bodyBytesMax
        self.execution = execution
        self.handler = handler
    }

    func startsInline(_ request: HTTPRequest) -> Bool {
        switch execution {
        case .inline: true
        case .bySize: request.body.declaredBytes.map { $0 <= Self.inlineBodyBytesMax } ?? false
        case .concurrent: false
        }
    }
}
