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
        /// For handlers that compute or block for more than some microseconds: they are meant for the concurrent pool from the
        /// start. Known fault: a task that was started at once counts as being there, so that they, too, are on the server's
        /// thread until they first suspend.
        case concurrent
    }

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

    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        switch execution {
        case .inline: try await handler(request)
        case .concurrent: try await respondConcurrently(to: request)
        }
    }

    @concurrent private func respondConcurrently(to request: HTTPRequest) async throws -> HTTPResponse {
        try await handler(request)
    }
}
