import Conversations
import Storage
import Vocabulary

/// Everything that users have written down here and that goes with them: conversations with their summaries and links,
/// contexts with their documents, memories, settings, stored responses, refresh tokens.
///
/// What is counted for the operator stays: the ledger of usage, and the audit trail.
struct UserBelongings {
    let database: Database
    let transaction: Transaction

    /// Conversations whose ids are read at once.
    private static let sliceMax = 500

    /// Removes all of it, in whatever tenants it was made.
    ///
    /// - Parameter user: whose; no two users ever have one id.
    /// - Throws: `StorageError`.
    func remove(of user: UserID) async throws {
        let mine: [SQLValue] = [.text(user.text)]
        try await removeConversations(mine)
        for table in ["meaning_vectors", "memory_queue"] {
            try await transaction.execute(
                "DELETE FROM \(table) WHERE item IN (SELECT context_documents.id FROM context_documents "
                    + "JOIN context_spaces ON context_spaces.id = context_documents.context "
                    + "WHERE context_spaces.owner = $1)", mine)
        }
        try await transaction.execute(
            "DELETE FROM context_documents WHERE context IN (SELECT id FROM context_spaces WHERE owner = $1)", mine)
        try await transaction.execute(
            "DELETE FROM api_conversation_items WHERE conversation IN "
                + "(SELECT id FROM api_conversations WHERE owner = $1)", mine)
        for table in [
            "context_spaces", "memories", "memory_queue", "user_settings", "user_profiles", "api_responses",
            "api_conversations",
        ] {
            try await transaction.execute("DELETE FROM \(table) WHERE owner = $1", mine)
        }
        try await transaction.execute("DELETE FROM refresh_tokens WHERE \"user\" = $1", mine)
        // Those two name tenant and user in one word.
        for table in ["memory_settings", "meaning_owners"] {
            try await transaction.execute(
                "DELETE FROM \(table) WHERE owner_key LIKE $1", [.text("%" + ConversationOwner.keyEnding(of: user))])
        }
    }

    private func removeConversations(_ mine: [SQLValue]) async throws {
        let records = ConversationRecords(database)
        while true {
            let ids = try await transaction.query(
                "SELECT id FROM conversations WHERE owner = $1 LIMIT \(Self.sliceMax)", mine
            ).map { row in try row.decode(String.self, "id") }
            try await records.removeParts(of: ids, transaction)
            for id in ids { try await transaction.execute("DELETE FROM conversations WHERE id = $1", [.text(id)]) }
            if ids.count < Self.sliceMax { return }
        }
    }
}
