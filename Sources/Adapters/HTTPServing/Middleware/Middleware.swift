/// Stands between the server and the handlers: it may change the request, answer itself, or change the response.
///
/// Called concurrently, once for each request. It calls `next` at most once.
public protocol Middleware: Sendable {
    func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse
}

/// Middleware made of one closure.
public struct ClosureMiddleware: Middleware {
    private let body: @Sendable (HTTPRequest, HTTPHandler) async throws -> HTTPResponse

    public init(_ body: @escaping @Sendable (HTTPRequest, HTTPHandler) async throws -> HTTPResponse) {
        self.body = body
    }

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        try await body(request, next)
    }
}
