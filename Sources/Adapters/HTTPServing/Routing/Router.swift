/// Finds the handler for a request and runs it inside the middleware. A value: build it, then give it to a server.
///
///     var router = Router()
///     router.middleware = [Compression()]
///     router.on(.get, "/v1/models/{model}") { request in
///         .json(["id": .string(request.parameters.string("model"))])
///     }
///
/// `HEAD` is answered by the `GET` route, `OPTIONS` with the methods of the path, unless they have routes of their own.
public struct Router: Sendable {
    public private(set) var routes: [Route] = []
    /// The first one sees the request first and the response last. Runs for refusals too, with `request.route` `nil`.
    public var middleware: [any Middleware] = []
    /// Makes the response for every error: a handler's, the router's 404 and 405, a body that is too large, and a
    /// request that is malformed.
    public var onError: ErrorResponder = { error, request in ErrorResponse.problem(error, request) }

    private var trie = RouteTrie()
    private var matched: [MatchedRoute] = []
    /// Of the routes without placeholders, by their paths: what most requests ask for, and what wins over all others.
    private var literals: [String: [HTTPMethod: Int]] = [:]

    public init() {}

    /// - Precondition: the pattern is well-formed, and no other route has the same pattern and method.
    public mutating func add(_ route: Route) {
        let placeholders = trie.add(route.pattern, route.method, route: routes.count)
        if placeholders.isEmpty { literals[route.pattern, default: [:]][route.method] = routes.count }
        matched.append(MatchedRoute(route, placeholders))
        routes.append(route)
    }

    public mutating func on(
        _ method: HTTPMethod, _ pattern: String, _ description: RouteDescription = RouteDescription(),
        bodyBytesMax: Int? = nil, execution: Route.Execution = .inline, handler: @escaping HTTPHandler
    ) {
        add(
            Route(
                method, pattern, description, bodyBytesMax: bodyBytesMax, execution: execution, handler: handler))
    }

    /// The response to `request`; never throws, because every error has its response.
    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        do {
            let entrance = makeEntrance()
            var request = request
            _ = entrance.admit(&request)
            return try await entrance.handler(request)
        } catch {
            return await onError(error, request)
        }
    }

    /// The same for many requests: the way through the middleware is laid once.
    func makeEntrance() -> Entrance {
        // The closures say that they throw, although they do not: one that does not is wrapped in one that does, for each request.
        var chain: HTTPHandler = { [onError] request async throws -> HTTPResponse in
            do {
                return try await request.destination.respond(to: request)
            } catch {
                return await onError(error, request)
            }
        }
        // Each link is what does not wait and the one inside of it that does: one frame for them, not one for each.
        var links = [Link()]
        for middleware in middleware {
            if let middleware = middleware as? any PlainMiddleware {
                links[links.count - 1].plain.append(middleware)
            } else {
                links[links.count - 1].waiting = middleware
                links.append(Link())
            }
        }
        // A loop, because `reduce` would wrap each closure twice, for each request, in what makes it generic and concrete again.
        for link in links.reversed() where !link.isEmpty {
            chain = Self.wrap(chain, in: link.plain, around: link.waiting ?? Passage(), onError)
        }
        return Entrance(
            admit: { [self] request in
                request.destination = destination(of: &request)
                return request.destination.startsInline(request)
            }, handler: chain)
    }

    /// Middleware that runs in one frame.
    private struct Link {
        /// The first one outermost.
        var plain: [any PlainMiddleware] = []
        /// Inside of them.
        var waiting: (any Middleware)?
        var isEmpty: Bool { plain.isEmpty && waiting == nil }
    }

    /// Stands where no middleware waits.
    private struct Passage: Middleware {
        func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
            try await next(request)
        }
    }

    /// What one of them throws is a response for those outside of it: they see every answer.
    private static func wrap(
        _ next: @escaping HTTPHandler, in plain: [any PlainMiddleware], around waiting: any Middleware,
        _ onError: @escaping ErrorResponder
    ) -> HTTPHandler {
        { request async throws -> HTTPResponse in
            var request = request
            var passed = 0
            var response: HTTPResponse
            do {
                var own: HTTPResponse?
                while own == nil, passed < plain.count {
                    own = try plain[passed].before(&request)
                    passed += 1
                }
                if let own {
                    response = own
                } else {
                    response = try await waiting.respond(to: request, next: next)
                }
            } catch {
                response = await onError(error, request)
            }
            for middleware in plain[..<passed].reversed() { middleware.after(request, &response) }
            return response
        }
    }

    private func destination(of request: inout HTTPRequest) -> RequestDestination {
        if let refusal = request.refusal { return .refusal(refusal) }
        if let index = literals[request.target]?[request.method] { return route(index, [], &request) }
        guard request.target.utf8.first == UInt8(ascii: "/") else {
            return request.method == .options && request.target == "*"
                ? .options(allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
                : .refusal(.malformed("The request target does not start with '/'."))
        }
        var segments: [String] = []
        for segment in request.rawPath.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        {
            guard let decoded = PercentEncoding.decoded(segment) else {
                return .refusal(.malformed("The path is not percent-encoded UTF-8."))
            }
            // A proxy in front may have resolved them, or not: what it has checked and what is asked would differ.
            guard decoded != ".", decoded != ".." else {
                return .refusal(.malformed("The path holds a dot segment."))
            }
            segments.append(decoded)
        }
        return destination(of: segments, &request)
    }

    private func destination(of segments: [String], _ request: inout HTTPRequest) -> RequestDestination {
        var match = trie.match(segments, request.method)
        if case .methods(let methods) = match, request.method == .head, methods.contains(.get) {
            match = trie.match(segments, .get)
        }
        switch match {
        case .route(let index, let values): return route(index, values, &request)
        case .methods(let methods):
            let allow = Self.allow(methods)
            if request.method == .options { return .options(allow: allow) }
            return .refusal(
                HTTPError(
                    .methodNotAllowed, code: "method_not_allowed", message: "This path answers to \(allow).",
                    headers: ["Allow": allow]))
        case .none:
            return .refusal(HTTPError(.notFound, code: "not_found", message: "There is nothing at this path."))
        }
    }

    private func route(_ index: Int, _ values: [String], _ request: inout HTTPRequest) -> RequestDestination {
        let matched = matched[index]
        if !values.isEmpty { request.parameters = PathParameters(names: matched.placeholders, values: values) }
        if let bytesMax = matched.route.bodyBytesMax { request.body.bytesMax = bytesMax }
        return .route(matched)
    }

    private static func allow(_ methods: [HTTPMethod]) -> String {
        let implied: [HTTPMethod] = methods.contains(.get) ? [.head, .options] : [.options]
        return Set(methods + implied).map(\.rawValue).sorted().joined(separator: ", ")
    }
}

/// A route, and the names of its placeholders. By reference: every copy of every request knows its route.
final class MatchedRoute: Sendable {
    let route: Route
    let placeholders: [String]

    init(_ route: Route, _ placeholders: [String]) {
        self.route = route
        self.placeholders = placeholders
    }
}

/// What answers a request.
enum RequestDestination: Sendable {
    /// Nobody has looked yet.
    case unknown
    case route(MatchedRoute)
    case options(allow: String)
    case refusal(HTTPError)

    func startsInline(_ request: HTTPRequest) -> Bool {
        if case .route(let matched) = self { matched.route.startsInline(request) } else { true }
    }

    func respond(to request: HTTPRequest) async throws -> HTTPResponse {
        switch self {
        case .unknown: preconditionFailure("a request is routed before it is answered")
        case .route(let matched): return try await matched.route.handler(request)
        case .options(let allow): return HTTPResponse(.noContent, headers: ["Allow": allow])
        case .refusal(let error): throw error
        }
    }
}
