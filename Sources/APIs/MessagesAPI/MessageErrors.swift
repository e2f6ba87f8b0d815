import JSONText
public import RequestScope
import Vocabulary

/// Errors in Anthropic's shape, with our code, parameter and hint beside its members.
public enum MessageErrors {
    /// The shape of every error below `/v1/messages`.
    public static let shape = ErrorShape(below: "/v1/messages", idHeader: "request-id") { body($0, requestID: $1) }

    static func body(_ error: ServiceError, requestID: RequestID?) -> JSONValue {
        var told: JSONObject = ["type": .string(type(of: error.code)), "message": .string(error.description)]
        told["code"] = .string(error.code.rawValue)
        told["param"] = error.parameter.map(JSONValue.string)
        told["hint"] = error.hint.map(JSONValue.string)
        return [
            "type": "error", "error": .object(told),
            "request_id": requestID.map { .string($0.text) } ?? .null,
        ]
    }

    /// Source: Anthropic's documentation, "Errors".
    private static func type(of code: ServiceError.Code) -> String {
        switch code {
        case .invalidJSON, .invalidValue, .contextLengthExceeded, .unsupported, .conflict, .methodNotAllowed,
            .unsupportedMediaType:
            "invalid_request_error"
        case .invalidAPIKey, .unauthenticated: "authentication_error"
        case .forbidden: "permission_error"
        case .budgetExceeded: "billing_error"
        case .modelNotFound, .notFound: "not_found_error"
        case .bodyTooLarge: "request_too_large"
        case .overloaded, .rateLimited: "rate_limit_error"
        case .modelUnavailable, .shuttingDown: "overloaded_error"
        case .timeout: "timeout_error"
        default: "api_error"
        }
    }
}
