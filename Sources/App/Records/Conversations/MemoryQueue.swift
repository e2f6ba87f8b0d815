import Storage

/// What is still to be done about messages: written in the transaction of the message itself, so that a process that dies
/// forgets nothing of it.
struct MemoryQueue {
    let transaction: Transaction

    /// What there is to do.
    enum Work: String {
        /// Vectors of its text.
        case vectors
        /// What its turn teaches.
        case lesson
    }

    /// Messages whose texts are new or changed.
    ///
    /// - Parameters:
    ///   - condition: which ones, as SQL about `messages` alone.
    ///   - parameters: of the condition.
    /// - Throws: `StorageError`.
    func addTexts(where condition: String, _ parameters: [SQLValue]) async throws {
        try await transaction.execute(
            """
            INSERT INTO memory_queue (item, task, owner_key, tenant, owner, not_before, attempts, created)
            SELECT new.id, 'vectors', new.owner_key, conversations.tenant, conversations.owner, 0, 0, new.created
            FROM (SELECT id, owner_key, conversation, created FROM messages
                WHERE body != '' AND status != 'writing' AND role IN ('user', 'assistant') AND \(condition)) AS new
            JOIN conversations ON conversations.id = new.conversation WHERE conversations.is_temporary = 0
            ON CONFLICT (item, task) DO UPDATE SET not_before = 0, attempts = 0
            """, parameters)
    }

    /// An answer that is about to be complete: its turn is learned from where its user wants that.
    ///
    /// - Parameters:
    ///   - condition: which ones, as SQL about `messages` alone, before the change.
    ///   - parameters: of the condition.
    /// - Throws: `StorageError`.
    func addLessons(where condition: String, _ parameters: [SQLValue]) async throws {
        try await transaction.execute(
            """
            INSERT INTO memory_queue (item, task, owner_key, tenant, owner, not_before, attempts, created)
            SELECT new.id, 'lesson', new.owner_key, conversations.tenant, conversations.owner, 0, 0, new.created
            FROM (SELECT id, owner_key, conversation, created FROM messages
                WHERE status = 'writing' AND role = 'assistant' AND parent IS NOT NULL AND \(condition)) AS new
            JOIN conversations ON conversations.id = new.conversation
            JOIN memory_settings ON memory_settings.owner_key = new.owner_key
            WHERE conversations.is_temporary = 0 AND memory_settings.learns = 1
                AND COALESCE(conversations.uses_memory, (SELECT context_spaces.uses_memory FROM context_spaces
                    WHERE context_spaces.id = conversations.context), 1) = 1
            ON CONFLICT (item, task) DO NOTHING
            """, parameters)
    }

    /// Messages that go, or are not to be found any more: their vectors go with them.
    ///
    /// - Parameters:
    ///   - condition: which ones, as SQL about `messages` alone.
    ///   - parameters: of the condition.
    /// - Throws: `StorageError`.
    func forget(where condition: String, _ parameters: [SQLValue]) async throws {
        let these = "IN (SELECT id FROM messages WHERE \(condition))"
        try await transaction.execute("DELETE FROM memory_queue WHERE item \(these)", parameters)
        let owners = try await transaction.query(
            "SELECT DISTINCT owner_key FROM meaning_vectors WHERE item \(these)", parameters)
        guard !owners.isEmpty else { return }
        try await transaction.execute("DELETE FROM meaning_vectors WHERE item \(these)", parameters)
        for row in owners { try await Self.countRemoval(of: try row.decodeOnly(), transaction) }
    }

    /// Tells those who hold a copy of an owner's vectors that some have gone.
    static func countRemoval(of ownerKey: String, _ transaction: Transaction) async throws {
        try await transaction.execute(
            "INSERT INTO meaning_owners (owner_key, additions, removals) VALUES ($1, 0, 1) "
                + "ON CONFLICT (owner_key) DO UPDATE SET removals = meaning_owners.removals + 1", [.text(ownerKey)])
    }
}
