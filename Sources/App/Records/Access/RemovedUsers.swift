import Digests
import Storage
import Vocabulary

/// Users who were removed, so that what was begun in their name before leaves nothing behind afterwards: whoever is about to
/// write something down that would be theirs looks here, in the same transaction.
///
/// Transactions are serializable: of one that writes and the one that removes, the second sees what the first has done. Nobody
/// ever gets an id again, and what is kept is a digest of it, which tells of nobody.
enum RemovedUsers {
    static func add(_ user: UserID, _ transaction: Transaction) async throws {
        try await transaction.execute(
            "INSERT INTO access_removed (digest) VALUES ($1) ON CONFLICT (digest) DO NOTHING", [digest(of: user)])
    }

    static func contains(_ user: UserID, _ transaction: Transaction) async throws -> Bool {
        try await !transaction.query("SELECT 1 AS one FROM access_removed WHERE digest = $1", [digest(of: user)])
            .isEmpty
    }

    /// - Throws: `unauthenticated` where the user was removed.
    static func refuse(_ user: UserID, _ transaction: Transaction) async throws {
        guard try await contains(user, transaction) else { return }
        throw ServiceError(.unauthenticated, "This user was removed.", hint: "Nothing can be kept for them any more.")
    }

    private static func digest(of user: UserID) -> SQLValue {
        .blob(Array(SHA256.digest(of: Array(user.text.utf8)).bytes))
    }
}
