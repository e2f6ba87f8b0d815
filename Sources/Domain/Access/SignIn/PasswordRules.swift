public import Telemetry
public import Vocabulary

/// Which passwords are taken: long ones that are not the first that everybody tries. No rules about digits and signs, which
/// make passwords worse. Source: NIST SP 800-63B, section 5.1.1.2.
public struct PasswordRules: Sendable, Equatable {
    /// Fewest characters.
    public var charactersMin: Int
    /// Longest password that is looked at, in bytes.
    public static let bytesMax = 1_024
    public static let charactersMinAllowed = 8...128

    public init(charactersMin: Int = 10) { self.charactersMin = charactersMin }

    /// Beginnings and whole passwords of at least eight characters that lists of leaked ones begin with.
    private static let common: Set<String> = [
        "password", "passw0rd", "p@ssw0rd", "123456789", "1234567890", "12345678", "0123456789", "987654321",
        "qwertyuiop", "qwerty123", "1q2w3e4r5t", "1qaz2wsx3edc", "iloveyou", "letmein123", "welcome123", "admin123",
        "administrator", "changeme", "changeme123", "default", "trustno1", "sunshine", "princess", "football",
        "baseball", "superman", "llamanexus", "llama-nexus",
    ]

    /// Refuses a bad password.
    ///
    /// - Parameters:
    ///   - password: as it was typed.
    ///   - name: the user's name, which is no password.
    /// - Throws: `invalidValue`, in words that do not repeat it.
    public func check(_ password: Redacted<String>, name: String) throws(ServiceError) {
        let text = password.revealed
        guard text.utf8.count <= Self.bytesMax else {
            throw Self.refusal("A password has at most \(Self.bytesMax) bytes.")
        }
        guard text.count >= charactersMin else {
            throw Self.refusal("A password needs at least \(charactersMin) characters.")
        }
        guard !text.utf8.contains(0) else { throw Self.refusal("A password has no zero bytes.") }
        let plain = text.lowercased()
        let base = String(plain.reversed().drop { $0.isNumber || $0.isPunctuation || $0.isSymbol }.reversed())
        guard Set(plain).count > 3, !Self.common.contains(plain), !Self.common.contains(base), plain != name,
            base != name
        else { throw Self.refusal("This password is among the first that everybody tries.") }
    }

    private static func refusal(_ message: String) -> ServiceError {
        ServiceError(
            .invalidValue, message, hint: "A few random words make a good one.", parameter: "password")
    }
}
