public import HTTPServing
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

/// Makes ids for requests that come without a usable one.
public struct RequestIDSource: Sendable {
    private let make: @Sendable () -> RequestID

    /// Ids by the system's clock and chance, or as a test wants them.
    public init(_ make: @escaping @Sendable () -> RequestID) { self.make = make }

    public func next() -> RequestID { make() }
}
