import Conversations
import Storage
import Vocabulary

/// A row of the table `memories` and what it stands for.
struct UserMemoryRow: RowDecodable {
    let memory: UserMemory

    init(row: Row) throws(StorageError) {
        let id: String = try row.decode("id")
        let kind: String = try row.decode("kind")
        guard let id = MemoryID(id), let kind = UserMemory.Kind(rawValue: kind) else {
            throw StorageError(.typeMismatch, "a row of memories holds what is no id or kind")
        }
        var statement: UserMemory.Statement?
        if let subject: String = try row.decode("subject"), let predicate: String = try row.decode("predicate"),
            let object: String = try row.decode("object")
        {
            statement = UserMemory.Statement(subject: subject, predicate: predicate, object: object)
        }
        var memory = UserMemory(
            id: id,
            owner: ConversationOwner(
                tenant: TenantID(try row.decode("tenant")), user: UserID(try row.decode("owner"))),
            kind: kind, text: try row.decode("body"), statement: statement, confidence: try row.decode("confidence"),
            origin: try row.decode(String.self, "origin") == UserMemory.Origin.model.rawValue ? .model : .user,
            created: ConversationMoment(rawValue: try row.decode("created")))
        memory.context = try row.decode(String?.self, "context").flatMap { ContextID($0) }
        memory.isPinned = try row.decode("is_pinned")
        memory.conversation = try row.decode(String?.self, "conversation").flatMap { ConversationID($0) }
        memory.message = try row.decode(String?.self, "message").flatMap { MessageID($0) }
        memory.validFrom = ConversationMoment(rawValue: try row.decode("valid_from"))
        memory.validTo = try row.decode(Int64?.self, "valid_to").map(ConversationMoment.init(rawValue:))
        memory.replaces = try row.decode(String?.self, "replaces").flatMap { MemoryID($0) }
        memory.replacedBy = try row.decode(String?.self, "replaced_by").flatMap { MemoryID($0) }
        memory.used = ConversationMoment(rawValue: try row.decode("used"))
        memory.useCount = try row.decode("uses")
        memory.revision = try row.decode("revision")
        self.memory = memory
    }

    /// All columns but the vector, in a fixed order.
    static func values(of memory: UserMemory) -> [(name: String, value: SQLValue)] {
        let statement = memory.statement
        return [
            ("id", .text(memory.id.text)), ("tenant", .text(memory.owner.tenant.name)),
            ("owner", .text(memory.owner.user.text)), ("owner_key", .text(memory.owner.key)),
            ("context", SQLValue(memory.context?.text)), ("kind", .text(memory.kind.rawValue)),
            ("body", .text(ConversationRow.plain(memory.text))),
            ("subject", SQLValue(statement.map { ConversationRow.plain($0.subject) })),
            ("predicate", SQLValue(statement.map { ConversationRow.plain($0.predicate) })),
            ("object", SQLValue(statement.map { ConversationRow.plain($0.object) })),
            ("subject_key", SQLValue(statement.map { UserMemory.key($0.subject) })),
            ("predicate_key", SQLValue(statement.map { UserMemory.key($0.predicate) })),
            ("confidence", .real(memory.confidence)), ("is_pinned", .bool(memory.isPinned)),
            ("origin", .text(memory.origin.rawValue)), ("conversation", SQLValue(memory.conversation?.text)),
            ("message", SQLValue(memory.message?.text)), ("valid_from", .integer(memory.validFrom.rawValue)),
            ("valid_to", SQLValue(memory.validTo?.rawValue)), ("replaces", SQLValue(memory.replaces?.text)),
            ("created", .integer(memory.created.rawValue)), ("used", .integer(memory.used.rawValue)),
            ("uses", .int(memory.useCount)), ("revision", .integer(memory.revision)),
        ]
    }
}
