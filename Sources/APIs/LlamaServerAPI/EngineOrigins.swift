public import HTTPServing

/// Which pages of other sites may use an engine that stands alone, as llama-server's `--cors-…` say it.
///
/// Unlike `CrossOrigin`, which the platform has, it answers every `OPTIONS` itself, and by default names whichever origin
/// asks: whoever can reach the port and has the key may use the engine, from a page as from a program.
public struct EngineOrigins: Middleware, Equatable {
    public enum Origins: Sendable, Equatable {
        /// Whichever asks.
        case any
        /// Those on this machine.
        case localhost
        /// Sent as it is.
        case literal(String)
    }

    public var origins = Origins.any
    public var methods = "GET, POST, DELETE, OPTIONS"
    public var headers = "*"
    /// Whether pages may send cookies and keys of the browser along.
    public var allowsCredentials = true

    public init() {}

    public func respond(to request: HTTPRequest, next: HTTPHandler) async throws -> HTTPResponse {
        let isOptions = request.method == .options
        var response = isOptions ? HTTPResponse(.ok) : try await next(request)
        if let allowed = allowed(request.headers["Origin"]) {
            response.headers["Access-Control-Allow-Origin"] = allowed
            response.headers.add("Vary", token: "Origin")
        }
        if isOptions {
            response.headers["Access-Control-Allow-Credentials"] = allowsCredentials ? "true" : "false"
            response.headers["Access-Control-Allow-Methods"] = methods
            response.headers["Access-Control-Allow-Headers"] = headers
        }
        return response
    }

    /// What is named as allowed; `nil` allows nothing.
    func allowed(_ origin: String?) -> String? {
        switch origins {
        case .any: allowsCredentials ? origin : "*"
        case .localhost: origin.flatMap { Self.isLocal($0) ? $0 : nil }
        case .literal(let text): text
        }
    }

    /// `http://localhost`, `http://127.0.0.1` and `http://[::1]`, with `https` and any port too.
    static func isLocal(_ origin: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: origin.hasPrefix) else { return false }
        let rest = origin.dropFirst(scheme.count)
        return ["localhost", "127.0.0.1", "[::1]"].contains { host in
            guard rest.hasPrefix(host) else { return false }
            let port = rest.dropFirst(host.count)
            return port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy(\.isNumber) && port.count > 1
        }
    }
}
