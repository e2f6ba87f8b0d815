import JSONText

/// Turns what a handler threw, and the refusals of router and server, into a response.
public typealias ErrorResponder = @Sendable (any Error, HTTPRequest) async -> HTTPResponse

/// The answers to errors when nobody wants others: problem details as in RFC 9457.
public enum ErrorResponse {
    /// ``HTTPError`` with its own words; everything else as a bland 500 that reveals nothing.
    public static func problem(_ error: any Error, _ request: HTTPRequest) -> HTTPResponse {
        guard let error = error as? HTTPError else { return internalError }
        return problem(error)
    }

    public static func problem(_ error: HTTPError) -> HTTPResponse {
        let document: JSONValue = [
            "type": "about:blank", "title": .string(error.status.reason),
            "status": .integer(Int64(error.status.rawValue)),
            "code": .string(error.code), "detail": .string(error.message),
        ]
        return .bytes(
            document.bytes, contentType: "application/problem+json", status: error.status, headers: error.headers)
    }

    public static let internalError = problem(
        HTTPError(.internalServerError, code: "internal_error", message: "Something went wrong on the server."))
}
