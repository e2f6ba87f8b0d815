/// Why a directory gave no answer.
public struct DirectoryError: Error, Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    public enum Reason: String, Sendable, CaseIterable {
        /// The person is unknown, or the password is wrong: nobody is told which.
        case invalidCredentials
        /// It cannot be reached, is too slow, or too many sign-ins wait for it.
        case unavailable
        /// It refuses the server's own account, or what is configured is no address, filter or name.
        case misconfigured
    }

    public let reason: Reason
    /// For logs: OpenLDAP's words, and where.
    public let detail: String

    init(_ reason: Reason, detail: String) {
        self.reason = reason
        self.detail = detail
    }

    public var description: String {
        switch reason {
        case .invalidCredentials: "The name or the password is wrong."
        case .unavailable: "The directory does not answer. Try again later."
        case .misconfigured: "The directory cannot be asked as it is configured. Tell the administrator."
        }
    }

    public var debugDescription: String { "[\(reason.rawValue)] \(detail)" }
}
