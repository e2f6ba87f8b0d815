/// The error that crosses layers and reaches clients: a stable code, a sentence, a way out.
///
/// It has two voices: `description` may be shown to anyone, `debugDescription` adds `detail` and is for logs only.
public struct ServiceError: Error, Sendable, Equatable {
    public var code: Code
    /// What was wrong, as a full sentence.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// The request's field that caused it, as a path: `messages[2].content`.
    public var parameter: String?
    /// For logs only: paths, causes, output of children.
    public var detail: String?
    /// When a retry makes sense.
    public var retryAfter: Duration?
    /// For `contextLengthExceeded`: tokens of the prompt, and of the context.
    public var excess: ContextExcess?

    public init(
        _ code: Code, _ message: String, hint: String? = nil, parameter: String? = nil, detail: String? = nil,
        retryAfter: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.parameter = parameter
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// What kind of failure it is. Stable: clients and dashboards key on it.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The body is not JSON.
        public static let invalidJSON = Code(rawValue: "invalid_json")
        /// A field is missing, of the wrong type or out of range.
        public static let invalidValue = Code(rawValue: "invalid_value")
        /// The prompt and the answer do not fit the model's context.
        public static let contextLengthExceeded = Code(rawValue: "context_length_exceeded")
        public static let modelNotFound = Code(rawValue: "model_not_found")
        public static let notFound = Code(rawValue: "not_found")
        /// What is to be changed is in use.
        public static let conflict = Code(rawValue: "conflict")
        public static let methodNotAllowed = Code(rawValue: "method_not_allowed")
        public static let bodyTooLarge = Code(rawValue: "body_too_large")
        public static let unsupportedMediaType = Code(rawValue: "unsupported_media_type")
        /// The feature exists in the API but not in this server.
        public static let unsupported = Code(rawValue: "unsupported")
        /// This server was started for something else, or its model cannot do it.
        public static let notSupported = Code(rawValue: "not_supported")
        /// Nobody knows who is asking: no credential, or one that is not valid.
        public static let unauthenticated = Code(rawValue: "unauthenticated")
        /// The password is right, and a code of the second factor is missing.
        public static let secondFactorRequired = Code(rawValue: "second_factor_required")
        /// The caller is known and may not do this.
        public static let forbidden = Code(rawValue: "forbidden")
        /// The caller asks more often than its limits allow.
        public static let rateLimited = Code(rawValue: "rate_limit_exceeded")
        /// The caller's budget is used up.
        public static let budgetExceeded = Code(rawValue: "insufficient_quota")
        /// A queue is full.
        public static let overloaded = Code(rawValue: "overloaded")
        /// The model is being loaded or its worker is being restarted.
        public static let modelUnavailable = Code(rawValue: "model_unavailable")
        /// The model does not fit into the memory that there is.
        public static let insufficientMemory = Code(rawValue: "insufficient_memory")
        /// The worker that was answering ended.
        public static let engineFailed = Code(rawValue: "engine_failed")
        public static let timeout = Code(rawValue: "timeout")
        /// What a server sent is no answer.
        public static let unreadableAnswer = Code(rawValue: "unreadable_answer")
        public static let shuttingDown = Code(rawValue: "shutting_down")
        public static let internalError = Code(rawValue: "internal_error")
    }
}

/// By how much a prompt is too long.
public struct ContextExcess: Sendable, Equatable {
    public var promptTokens: Int
    public var contextTokens: Int

    public init(promptTokens: Int, contextTokens: Int) {
        self.promptTokens = promptTokens
        self.contextTokens = contextTokens
    }
}

extension ServiceError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { hint.map { "\(message) \($0)" } ?? message }
    public var debugDescription: String { "[\(code.rawValue)] \(description)" + (detail.map { " (\($0))" } ?? "") }
}
