public import Telemetry
import Vocabulary

/// Passwords that are not kept here, but known to a directory.
public protocol PasswordsElsewhere: Sendable {
    /// What becomes of the people that it knows.
    var rules: ExternalUserRules { get }

    /// Whose name and password these are.
    ///
    /// - Parameters:
    ///   - name: as it was typed.
    ///   - password: not empty.
    /// - Returns: `nil` when there is nobody of this name with this password.
    /// - Throws: `ServiceError` when nobody can be asked.
    func identity(name: String, password: Redacted<String>) async throws -> ExternalIdentity?
}
