public import JSONText
public import Vocabulary

/// How the errors of one API look, and the paths where they do.
public struct ErrorShape: Sendable {
    private let path: String
    let body: @Sendable (ServiceError, RequestID?) -> JSONValue
    /// A header for the request's id by the API's own name.
    let idHeader: String?

    /// - Parameters:
    ///   - path: without a slash at its end. What lies below it counts, too.
    ///   - idHeader: a header for the request's id by the API's own name.
    ///   - body: the body of an answer that is an error.
    public init(
        below path: String, idHeader: String? = nil, body: @escaping @Sendable (ServiceError, RequestID?) -> JSONValue
    ) {
        self.path = path
        self.idHeader = idHeader
        self.body = body
    }

    /// OpenAI's shape.
    ///
    /// - Parameter path: without a slash at its end.
    /// - Returns: the shape.
    public static func openAI(below path: String) -> ErrorShape {
        ErrorShape(below: path) { error, id in WireError(error, requestID: id).body }
    }

    func covers(_ path: String) -> Bool { path == self.path || path.hasPrefix(self.path + "/") }
}

extension [ErrorShape] {
    /// The shape of a path's errors: the first that covers it, and OpenAI's below `/v1`.
    func first(for path: String) -> ErrorShape? {
        (self + [.openAI(below: "/v1")]).first { $0.covers(path) }
    }
}
