import Storage

/// Keeps SQLite's full-text index in step with the table of messages, which PostgreSQL does itself, and on both the queue of
/// texts that wait for vectors.
///
/// In statements instead of triggers: SQLite lets no trigger touch a virtual table where the schema is not trusted.
struct MessageIndex {
    let dialect: Dialect
    let transaction: Transaction

    /// Takes messages in that have just been written.
    ///
    /// - Parameters:
    ///   - condition: which ones, as SQL.
    ///   - parameters: of the condition.
    /// - Throws: `StorageError`.
    func add(where condition: String, _ parameters: [SQLValue]) async throws {
        try await MemoryQueue(transaction: transaction).addTexts(where: condition, parameters)
        guard dialect == .sqlite else { return }
        try await transaction.execute(
            "INSERT INTO message_index (rowid, body, grams, owner_key) "
                + "SELECT seq, body, grams, owner_key FROM messages WHERE body != '' AND \(condition)", parameters)
    }

    /// Takes messages out that will be changed or removed next: the index must be told what it was given.
    ///
    /// - Parameters:
    ///   - condition: which ones, as SQL.
    ///   - parameters: of the condition.
    /// - Throws: `StorageError`.
    func remove(where condition: String, _ parameters: [SQLValue]) async throws {
        guard dialect == .sqlite else { return }
        try await transaction.execute(
            "INSERT INTO message_index (message_index, rowid, body, grams, owner_key) "
                + "SELECT 'delete', seq, body, grams, owner_key FROM messages WHERE body != '' AND \(condition)",
            parameters)
    }
}
