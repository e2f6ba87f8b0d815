import JSONText
public import HTTPServing
public import Telemetry
import Vocabulary

/// The answer to every error: in the shape of the path's API, in OpenAI's below `/v1`, as RFC 9457 problem details elsewhere.
public struct ErrorAnswers: Sendable {
    private let logger: Logger
    private let shapes: [ErrorShape]

    /// - Parameters:
    ///   - logger: told of what is the server's fault.
    ///   - shapes: of APIs with errors of their own; the first that covers a path counts.
    public init(logger: Logger, shapes: [ErrorShape] = []) {
        self.logger = logger
        self.shapes = shapes
    }

    /// How an error beside the paths of other APIs looks, for the API's document.
    public static let problemContent = RouteDescription.Content(
        "application/problem+json",
        schema: [
            "type": "object", "required": ["type", "title", "status", "detail", "code"],
            "properties": [
                "type": ["type": "string"], "title": ["type": "string"], "detail": ["type": "string"],
                "status": ["type": "integer", "minimum": 400, "maximum": 599], "code": ["type": "string"],
                "hint": ["type": ["string", "null"]], "parameter": ["type": ["string", "null"]],
                "request_id": ["type": ["string", "null"]],
            ],
        ])

    /// For `Router.onError`.
    public func respond(to error: any Error, _ request: HTTPRequest) -> HTTPResponse {
        let (known, headers) = Self.known(error)
        // What HTTP itself demands has its own status, such as 426.
        let demanded = (error as? HTTPError)?.status
        if known.code == .internalError {
            logger.error("a handler failed", [.error: .error(error), .path: .string(request.path)])
        } else if let detail = known.detail {
            logger.info("a request was refused", ["code": .string(known.code.rawValue), "detail": .string(detail)])
        }
        let wire = WireError(known, requestID: request.context[RequestIDKey.self])
        let status = demanded ?? HTTPStatus(rawValue: wire.status)
        var response: HTTPResponse
        if let shape = shapes.first(for: request.path) {
            let id = request.context[RequestIDKey.self]
            response = .json(shape.body(known, id), status: status, headers: headers)
            if let name = shape.idHeader { response.headers[name] = id?.text }
        } else {
            let problem = Self.problem(known, status, request)
            response = .bytes(
                problem.bytes, contentType: "application/problem+json", status: status, headers: headers)
        }
        if let seconds = wire.retryAfterSeconds { response.headers["Retry-After"] = String(seconds) }
        return response
    }

    /// The error in our words, and what its status demands of the headers.
    private static func known(_ error: any Error) -> (ServiceError, HTTPHeaders) {
        switch error {
        case let error as ServiceError: (error, [:])
        case let error as HTTPError: (serviceError(error), error.headers)
        case is CancellationError: (ServiceError(.timeout, "The request was given up."), [:])
        default:
            (ServiceError(.internalError, "Something went wrong on the server.", hint: "The log tells what."), [:])
        }
    }

    private static func serviceError(_ error: HTTPError) -> ServiceError {
        switch error.status {
        case .notFound:
            ServiceError(.notFound, error.message, hint: "The API is described at /openapi.json.")
        case .methodNotAllowed: ServiceError(.methodNotAllowed, error.message)
        case .contentTooLarge:
            ServiceError(.bodyTooLarge, error.message, hint: "Send less, or raise `server.limits.bodyBytes`.")
        case .internalServerError:
            ServiceError(.internalError, error.message)
        default:
            ServiceError(.invalidValue, error.message, detail: error.code)
        }
    }

    private static func problem(_ error: ServiceError, _ status: HTTPStatus, _ request: HTTPRequest) -> JSONValue {
        [
            "type": "about:blank", "title": .string(status.reason),
            "status": .integer(Int64(status.rawValue)), "detail": .string(error.message),
            "code": .string(error.code.rawValue), "hint": error.hint.map(JSONValue.string) ?? .null,
            "parameter": error.parameter.map(JSONValue.string) ?? .null,
            "request_id": request.context[RequestIDKey.self].map { .string($0.text) } ?? .null,
        ]
    }
}
