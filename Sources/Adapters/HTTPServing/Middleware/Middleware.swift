/// Stands between the server and the handlers: it may change the request, answer itself, or change the response.
///
/// Called concurrently, once for each request. It calls `next` at most once.
public protocol Middleware: Sendable {
    func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse
}

/// Middleware that neither waits nor needs to stand around what runs inside: it looks at the request before, and at the
/// response after. The router calls it as it is, where other middleware costs each request a task's frames.
public protocol PlainMiddleware: Middleware {
    /// May change the request, or answer it: nobody further inside sees it then, and ``after(_:_:)`` is called as for every
    /// answer.
    ///
    /// - Returns: the answer; `nil` lets the request pass.
    /// - Throws: what refuses the request. Only those outside of this one see the response that is made of it.
    func before(_ request: inout HTTPRequest) throws -> HTTPResponse?
    /// May change the response.
    func after(_ request: HTTPRequest, _ response: inout HTTPResponse)
}

extension PlainMiddleware {
    public func before(_ request: inout HTTPRequest) throws -> HTTPResponse? { nil }
    public func after(_ request: HTTPRequest, _ response: inout HTTPResponse) {}

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        var request = request
        var response: HTTPResponse
        if let own = try before(&request) { response = own } else { response = try await next(request) }
        after(request, &response)
        return response
    }
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
