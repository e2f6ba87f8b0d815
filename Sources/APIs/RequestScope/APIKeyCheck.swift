public import HTTPServing
public import Vocabulary

/// Lets only those in who bring one of the server's API keys.
///
/// The key comes as `Authorization: Bearer KEY`, or in `X-Api-Key` where there is no `Authorization`. `/health`,
/// `/v1/health` and `/ready` stay open, and `OPTIONS`, which browsers send without keys. Everyone else gets status 401 in
/// the shape of the path's API. The time that it takes tells nothing of a key but its presence: every key is compared whole.
///
/// Source: `middleware_validate_api_key` of llama-server. Differs from it in: the comparison, and `/ready`, which is ours.
public struct APIKeyCheck: Middleware, CustomReflectable {
    private let keys: [[UInt8]]
    private let opensPage: Bool
    private let shapes: [ErrorShape]

    /// Paths that need no key.
    public static let openPaths: Set<String> = ["/health", "/v1/health", "/ready"]

    /// - Parameters:
    ///   - keys: none lets everyone in. Empty ones are left out, because a request without a key would match.
    ///   - shapes: of APIs with errors of their own.
    ///   - opensPage: the page at `/` and its assets need no key; what the page asks for does.
    public init(keys: [String], shapes: [ErrorShape] = [], opensPage: Bool = false) {
        self.keys = keys.filter { !$0.isEmpty }.map { Array($0.utf8) }
        self.shapes = shapes
        self.opensPage = opensPage
    }

    /// Shows nothing, so that keys cannot come into logs.
    public var customMirror: Mirror { Mirror(self, children: []) }

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        if keys.isEmpty || request.method == .options || isOpen(request.path) {
            return try await next(request)
        }
        guard let given = Self.key(in: request.headers) else {
            return refusal("An API key is missing.", request)
        }
        guard accepts(given) else { return refusal("This API key is not valid.", request) }
        return try await next(request)
    }

    private func isOpen(_ path: String) -> Bool {
        Self.openPaths.contains(path) || opensPage && Self.isPage(path)
    }

    /// The paths of the web application, which show nothing of the server.
    private static func isPage(_ path: String) -> Bool {
        ["/", "/app", "/sw.js", "/manifest.webmanifest", "/icon.svg", "/third-party.txt"].contains(path)
            || ["/assets/", "/app/", "/frames/"].contains { path.hasPrefix($0) }
    }

    /// The key that a client sent, with or without the word `Bearer`; `nil` when it sent none.
    static func key(in headers: HTTPHeaders) -> String? {
        let sent = headers["Authorization"] ?? ""
        let value = sent.isEmpty ? headers["X-Api-Key"] ?? "" : sent
        let scheme = "bearer "
        let key = value.lowercased().hasPrefix(scheme) ? value.dropFirst(scheme.count) : value[...]
        let trimmed = key.drop { $0 == " " }
        return trimmed.isEmpty ? nil : String(trimmed)
    }

    private func accepts(_ given: String) -> Bool {
        let given = Array(given.utf8)
        var isKnown = false
        for key in keys {
            let isEqual = Self.isEqual(given, key)
            isKnown = isKnown || isEqual
        }
        return isKnown
    }

    /// Compares in a time that depends on the length of `given` only.
    ///
    /// - Precondition: `key` is not empty.
    static func isEqual(_ given: [UInt8], _ key: [UInt8]) -> Bool {
        var difference: UInt8 = given.count == key.count ? 0 : 1
        for (index, byte) in given.enumerated() { difference |= byte ^ key[index % key.count] }
        return difference == 0
    }

    private func refusal(_ message: String, _ request: HTTPRequest) -> HTTPResponse {
        let error = ServiceError(
            .invalidAPIKey, message, hint: "Send one of the server's keys as `Authorization: Bearer KEY`.")
        let id = request.context[RequestIDKey.self]
        let wire = WireError(error, requestID: id)
        return .json(
            shapes.first(for: request.path)?.body(error, id) ?? wire.body, status: HTTPStatus(rawValue: wire.status),
            headers: ["WWW-Authenticate": "Bearer"])
    }
}

extension ServiceError.Code {
    /// The request has no API key, or one that the server does not know.
    public static let invalidAPIKey = ServiceError.Code(rawValue: "invalid_api_key")
}
