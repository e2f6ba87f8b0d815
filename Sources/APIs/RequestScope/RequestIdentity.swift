public import HTTPServing
public import Telemetry
public import Vocabulary

/// Where the request's id is kept.
public enum RequestIDKey: RequestContextKey { public typealias Value = RequestID }

extension HTTPRequest {
    /// The id that `Observation` gave this request.
    ///
    /// - Precondition: `Observation` is among the router's middleware.
    public var id: RequestID {
        guard let id = context[RequestIDKey.self] else { preconditionFailure("Observation runs before every handler") }
        return id
    }
}

/// Where the caller is kept for those who look after the handler has ended, such as the request's log line.
public enum PrincipalKey: RequestContextKey { public typealias Value = Principal }

extension LogFields {
    /// Who a caller is, in ids; nothing where nobody had to say.
    public init(_ principal: Principal?) {
        self.init()
        guard let principal else { return }
        switch principal.origin {
        case .open, .anonymous: return
        case .local: self[.via] = "local"
        case .session(let id): self[.session] = .string(id)
        case .apiKey(let id): self[.key] = .string(id)
        case .token(let id): self[.via] = .string("token \(id)")
        }
        self[.user] = .string(principal.user.text)
    }
}

/// Makes ids for requests that come without a usable one.
public struct RequestIDSource: Sendable {
    private let make: @Sendable () -> RequestID

    /// Ids by the system's clock and chance, or as a test wants them.
    public init(_ make: @escaping @Sendable () -> RequestID) { self.make = make }

    public func next() -> RequestID { make() }
}
