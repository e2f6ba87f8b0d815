import Launch
import Vocabulary

/// Asks for a new password: twice where a person types, once from standard input.
enum PasswordQuestion {
    static func ask() async throws -> String {
        let typed = try await BlockingWork.run { () -> (String?, String?) in
            let first = SecretInput.line("New password: ")
            guard SecretInput.isTerminal, first?.isEmpty == false else { return (first, first) }
            return (first, SecretInput.line("Once more: "))
        }
        guard let password = typed.0, !password.isEmpty else {
            throw ServiceError(
                .invalidValue, "A password is missing.",
                hint: "Type one, send it on standard input, or say --no-password for somebody who uses keys only.")
        }
        guard typed.1 == password else {
            throw ServiceError(.invalidValue, "The two passwords differ.", hint: "Try again.")
        }
        return password
    }
}
