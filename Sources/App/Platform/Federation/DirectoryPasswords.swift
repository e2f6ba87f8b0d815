import Access
import Directories
import Telemetry
import Vocabulary

/// Passwords that a directory knows.
struct DirectoryPasswords: PasswordsElsewhere {
    let rules: ExternalUserRules
    private let directory: Directory
    private let issuer: String
    private let trustsEmail: Bool

    /// - Parameters:
    ///   - directory: asked.
    ///   - issuer: what links its people to users: `ldap:` and where they are in it; its address may change.
    ///   - trustsEmail: whether its addresses are known to be its people's.
    ///   - rules: what becomes of its people.
    init(_ directory: Directory, issuer: String, trustsEmail: Bool, rules: ExternalUserRules) {
        self.directory = directory
        self.issuer = issuer
        self.trustsEmail = trustsEmail
        self.rules = rules
    }

    func identity(name: String, password: Redacted<String>) async throws -> ExternalIdentity? {
        let entry: DirectoryEntry
        do throws(DirectoryError) {
            entry = try await directory.signIn(name: name, password: password.revealed)
        } catch {
            guard error.reason != .invalidCredentials else { return nil }
            throw ServiceError(
                error.reason == .unavailable ? .timeout : .internalError, error.description,
                detail: String(reflecting: error), retryAfter: error.reason == .unavailable ? .seconds(5) : nil)
        }
        return ExternalIdentity(
            issuer: issuer, subject: entry.id, name: entry.accountName, displayName: entry.displayName,
            email: entry.email, isEmailVerified: trustsEmail && entry.email != nil, groups: entry.groups)
    }
}
