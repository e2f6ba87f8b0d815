public import Conversations
import Storage

/// Which conversations their class keeps no longer.
extension ConversationRecords: RetentionStore {
    public func expired(_ kind: RetentionClass, usedBefore moment: ConversationMoment) async throws -> ExpiredCount {
        let row = try await database.query(
            "SELECT COUNT(*) AS count, MIN(updated) AS oldest FROM conversations WHERE \(Self.condition(kind)) "
                + "AND updated < $1", [.integer(moment.rawValue)]
        ).first
        guard let row else { return ExpiredCount(count: 0, oldest: nil) }
        let oldest: Int64? = try row.decode("oldest")
        return ExpiredCount(count: try row.decode("count"), oldest: oldest.map(ConversationMoment.init(rawValue:)))
    }

    public func removeExpired(
        _ kind: RetentionClass, usedBefore moment: ConversationMoment, countMax: Int
    ) async throws -> Int {
        try await database.transaction { transaction in
            let ids = try await transaction.query(
                "SELECT id FROM conversations WHERE \(Self.condition(kind)) AND updated < $1 ORDER BY updated "
                    + "LIMIT \(max(0, countMax))", [.integer(moment.rawValue)]
            ).map { row in try row.decode(String.self, "id") }
            for id in ids { try await transaction.execute("DELETE FROM conversations WHERE id = $1", [.text(id)]) }
            try await removeParts(of: ids, transaction)
            return ids.count
        }
    }

    /// What is pinned never goes, and neither does a conversation with a pinned message.
    private static func condition(_ kind: RetentionClass) -> String {
        let own =
            switch kind {
            case .temporary: "is_temporary = 1"
            case .archived: "is_temporary = 0 AND is_archived = 1"
            case .conversations: "is_temporary = 0 AND is_archived = 0"
            }
        guard kind != .temporary else { return own }
        return own + " AND is_pinned = 0 AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.conversation = "
            + "conversations.id AND messages.document LIKE '%\"is_pinned\":true%')"
    }
}
