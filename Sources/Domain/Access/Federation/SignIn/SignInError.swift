/// Why a sign-in at another system failed. What the browser is told says nothing of users or of the provider's words.
public struct SignInError: Error, Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    public enum Reason: String, Sendable, CaseIterable {
        /// The cookie of the way out is missing, of another browser, or too old.
        case noAttempt = "no_attempt"
        /// The answer belongs to another way out.
        case stateMismatch = "state_mismatch"
        /// The provider, or the person there, said no.
        case denied
        /// The provider does not answer, or not as it must.
        case providerFailed = "provider_failed"
        /// What the provider says of the person cannot be believed.
        case identityRefused = "identity_refused"
        /// The person is known there, but may not come in here.
        case notAllowed = "not_allowed"
    }

    public let reason: Reason
    /// For the log only.
    public let detail: String

    public init(_ reason: Reason, detail: String) {
        self.reason = reason
        self.detail = detail
    }

    public var description: String {
        switch reason {
        case .noAttempt: "This sign-in has expired or was begun in another browser. Start it again."
        case .stateMismatch: "This answer does not belong to the sign-in that was begun here. Start it again."
        case .denied: "The sign-in was cancelled or refused by the provider."
        case .providerFailed: "The provider could not be asked. Try again, or tell the administrator."
        case .identityRefused: "The provider's answer could not be verified. Tell the administrator."
        case .notAllowed: "Your account is not allowed to sign in here. Ask the administrator."
        }
    }

    public var debugDescription: String { "[\(reason.rawValue)] \(detail)" }
}
