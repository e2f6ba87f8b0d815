/// A refusal that a client may see: its status, a stable code, a sentence. Whatever else a handler throws is answered
/// with a bland 500.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    public var status: HTTPStatus
    /// Stable, for programs: `not_found`, `body_too_large`.
    public var code: String
    /// One sentence for people. Goes to the client.
    public var message: String
    /// Sent with the answer, such as `Allow` or `Retry-After`.
    public var headers: HTTPHeaders

    public init(_ status: HTTPStatus, code: String, message: String, headers: HTTPHeaders = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    public var description: String { "\(status.rawValue) \(code): \(message)" }

    static func malformed(_ message: String) -> Self { Self(.badRequest, code: "malformed_request", message: message) }

    static func invalidParameter(_ name: String, _ problem: String) -> Self {
        Self(.badRequest, code: "invalid_parameter", message: "'\(name)' \(problem).")
    }

    static func bodyTooLarge(bytesMax: Int) -> Self {
        Self(
            .contentTooLarge, code: "body_too_large", message: "The request body is larger than \(bytesMax) bytes.")
    }
}
