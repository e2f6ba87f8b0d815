public import Vocabulary

/// Why something of a hub cannot be had. The only error of this module.
///
/// It holds no token and no signed URL.
public struct HubError: Error, Sendable, Equatable {
    public var code: Code
    /// What was wrong, as a full sentence.
    public var message: String
    /// What to do about it.
    public var hint: String?

    public init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// Stable: clients and records key on it.
    public enum Code: String, Sendable, CaseIterable {
        /// The text does not name a repository.
        case invalidReference = "invalid_reference"
        /// No such repository, revision or file, or it is private.
        case notFound = "hub_not_found"
        /// The hub wants a token, or another one.
        case unauthorized = "hub_unauthorized"
        /// The repository's conditions must be accepted first.
        case gated = "hub_gated"
        /// What was asked for fits several files, or none of those that are there.
        case ambiguous = "hub_ambiguous"
        /// A file name that must not become one here.
        case unsafeName = "hub_unsafe_name"
        /// The disk has no room.
        case noSpace = "no_space"
        /// A file here could not be read or written.
        case fileFailed = "file_failed"
        /// The bytes are not those that the hub promised.
        case checksum = "checksum_mismatch"
        /// The repository changed again and again while it was being fetched.
        case changed = "hub_changed"
        /// The hub answers with something that is not its protocol.
        case badAnswer = "hub_bad_answer"
        /// The hub or its storage could not be reached, or broke off too often.
        case unreachable = "hub_unreachable"
        /// The hub says that there were too many requests, and for too long a time.
        case rateLimited = "hub_rate_limited"
        case cancelled = "cancelled"
    }

    public static let cancelled = HubError(.cancelled, "The download was cancelled.")
}

extension HubError: CustomStringConvertible {
    public var description: String { hint.map { "\(message) \($0)" } ?? message }

    /// An error of this module from whatever ended a download; `nil` for cancellation and for what is unknown here.
    init?(ending error: any Error) {
        switch error {
        case let error as HubError: self = error
        case let error as HubTransportError: self.init(.unreachable, error.message)
        case let error as Setback: self.init(.unreachable, error.reason)
        case let error as ChangedContent:
            self.init(
                .changed, "\(error.what)",
                hint: "The hub's listing and its files do not agree; the owner may be uploading just now.")
        default: return nil
        }
    }

    /// The error under its own code, for records of what has become of a download.
    public var recorded: ServiceError {
        ServiceError(ServiceError.Code(rawValue: code.rawValue), message, hint: hint)
    }

    /// The error in the words of all APIs.
    public var serviceError: ServiceError {
        let kind: ServiceError.Code =
            switch code {
            case .invalidReference, .unsafeName, .ambiguous: .invalidValue
            case .notFound: .notFound
            case .gated, .unauthorized, .noSpace, .cancelled, .changed: .conflict
            case .fileFailed: .internalError
            case .checksum, .badAnswer: .engineFailed
            case .unreachable: .modelUnavailable
            case .rateLimited: .overloaded
            }
        return ServiceError(kind, message, hint: hint, detail: code.rawValue)
    }
}
