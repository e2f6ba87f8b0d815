public import JSONText
public import Vocabulary

/// An error in OpenAI's shape, with our code, hint and request id beside it.
public struct WireError: Sendable, Equatable {
    public let status: Int
    /// `{"error": {…}}`
    public let body: JSONValue
    /// Seconds for the header `Retry-After`.
    public let retryAfterSeconds: Int?

    public init(_ error: ServiceError, requestID: RequestID?) {
        let (status, type) = Self.kind(of: error.code)
        self.status = status
        retryAfterSeconds = error.retryAfter.map {
            Int($0.components.seconds) + ($0.components.attoseconds > 0 ? 1 : 0)
        }
        var members: JSONObject = [
            "message": .string(error.description), "type": .string(type), "code": .string(error.code.rawValue),
            "param": error.parameter.map(JSONValue.string) ?? .null,
            "hint": error.hint.map(JSONValue.string) ?? .null,
            "request_id": requestID.map { .string($0.text) } ?? .null,
        ]
        members["n_prompt_tokens"] = error.excess.map { .whole($0.promptTokens) }
        members["n_ctx"] = error.excess.map { .whole($0.contextTokens) }
        body = ["error": .object(members)]
    }

    /// What `body` looks like, for the API's document.
    public static let schema: JSONValue = [
        "type": "object", "required": ["error"],
        "properties": [
            "error": [
                "type": "object", "required": ["message", "type", "code", "param", "hint", "request_id"],
                "properties": [
                    "message": ["type": "string"], "type": ["type": "string"], "code": ["type": "string"],
                    "param": ["type": ["string", "null"]], "hint": ["type": ["string", "null"]],
                    "request_id": ["type": ["string", "null"]], "n_prompt_tokens": ["type": "integer", "minimum": 0],
                    "n_ctx": ["type": "integer", "minimum": 0],
                ],
            ]
        ],
    ]

    private static func kind(of code: ServiceError.Code) -> (status: Int, type: String) {
        switch code {
        case .invalidJSON, .invalidValue, .unsupported: (400, "invalid_request_error")
        // llama-server's type, by which clients know to shorten their prompts.
        case .contextLengthExceeded: (400, "exceed_context_size_error")
        case .invalidAPIKey, .unauthenticated, .secondFactorRequired: (401, "authentication_error")
        case .forbidden: (403, "permission_error")
        case .modelNotFound, .notFound: (404, "not_found_error")
        case .conflict: (409, "invalid_request_error")
        case .methodNotAllowed: (405, "invalid_request_error")
        case .bodyTooLarge: (413, "invalid_request_error")
        case .unsupportedMediaType: (415, "invalid_request_error")
        // llama-server's status and type for endpoints that its options have not turned on.
        case .notSupported: (501, "not_supported_error")
        case .overloaded, .rateLimited: (429, "rate_limit_error")
        // OpenAI's code and type for an empty account.
        case .budgetExceeded: (429, "insufficient_quota")
        case .engineFailed, .unreadableAnswer: (502, "server_error")
        case .modelUnavailable, .shuttingDown: (503, "server_error")
        case .timeout: (504, "server_error")
        case .insufficientMemory: (507, "server_error")
        default: (500, "server_error")
        }
    }

    /// The error that a server of this API sent.
    ///
    /// - Parameters:
    ///   - body: what it answered, whatever it was.
    ///   - status: the HTTP status, when the error came as a whole response.
    /// - Returns: its code, words and hint, or the best guess from the status.
    public static func serviceError(from body: JSONValue, status: Int?) -> ServiceError {
        let error = body["error"]
        // Some servers, and we beside OpenAI's paths, answer with RFC 9457 problem details.
        let message = error?["message"]?.string ?? body["message"]?.string ?? body["detail"]?.string
        let hint = (error?["hint"] ?? body["hint"])?.string
        let code = (error?["code"] ?? body["code"])?.string.map(ServiceError.Code.init(rawValue:))
        var text = message ?? "The model's server answered with an error."
        if let hint, text.hasSuffix(" \(hint)") { text.removeLast(hint.count + 1) }
        var known = ServiceError(
            Self.code(code, status), text, hint: hint,
            parameter: (error?["param"] ?? body["parameter"])?.string,
            detail: status.map { "upstream status \($0)" })
        if let prompt = error?["n_prompt_tokens"]?.integer, let context = error?["n_ctx"]?.integer {
            known.excess = ContextExcess(promptTokens: Int(clamping: prompt), contextTokens: Int(clamping: context))
        }
        return known
    }

    /// What the server calls it; where that is no word of ours and the status says that the server failed, the status counts.
    private static func code(_ told: ServiceError.Code?, _ status: Int?) -> ServiceError.Code {
        guard let told else { return code(of: status) }
        let isOurs = told == .internalError || kind(of: told).status != 500
        guard !isOurs, let status, status == 429 || status >= 500 else { return told }
        return code(of: status)
    }

    private static func code(of status: Int?) -> ServiceError.Code {
        switch status {
        case 400, 422: .invalidValue
        case 401: .invalidAPIKey
        case 403: .forbidden
        case 404: .modelNotFound
        case 409: .conflict
        case 413: .bodyTooLarge
        case 429: .overloaded
        case 501: .notSupported
        case 503: .modelUnavailable
        case 504: .timeout
        case 507: .insufficientMemory
        default: .engineFailed
        }
    }
}
