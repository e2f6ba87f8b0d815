import Conversations
import JSONText
import Storage
import Vocabulary

/// A row of the table `conversations` and what it stands for.
struct ConversationRow: RowDecodable {
    let conversation: Conversation

    init(row: Row) throws(StorageError) {
        let id: String = try row.decode("id")
        guard let id = ConversationID(id) else { throw StorageError(.typeMismatch, "'\(id)' is no conversation's id") }
        var origin: Conversation.Origin?
        let originConversation: String? = try row.decode("origin_conversation")
        let originMessage: String? = try row.decode("origin_message")
        if let first = originConversation.flatMap({ ConversationID($0) }),
            let second = originMessage.flatMap({ MessageID($0) })
        {
            origin = Conversation.Origin(conversation: first, message: second)
        }
        let head: String? = try row.decode("head")
        conversation = Conversation(
            id: id,
            owner: ConversationOwner(
                tenant: TenantID(try row.decode("tenant")), user: UserID(try row.decode("owner"))),
            title: try row.decode("title"), folder: try row.decode("folder"),
            tags: try Self.json(row, "tags").array?.compactMap(\.string) ?? [],
            isPinned: try row.decode("is_pinned"), isArchived: try row.decode("is_archived"),
            isTemporary: try row.decode("is_temporary"), settings: try Self.json(row, "settings").object ?? [:],
            context: try row.decode(String?.self, "context").flatMap { ContextID($0) },
            usesMemory: try row.decode("uses_memory"), head: head.flatMap { MessageID($0) }, origin: origin,
            created: ConversationMoment(rawValue: try row.decode("created")),
            updated: ConversationMoment(rawValue: try row.decode("updated")), revision: try row.decode("revision"),
            messageCount: try row.decode("message_count"))
    }

    /// All columns but those that only `append` changes, in a fixed order.
    static func values(of conversation: Conversation) -> [(name: String, value: SQLValue)] {
        [
            ("id", .text(conversation.id.text)), ("tenant", .text(conversation.owner.tenant.name)),
            ("owner", .text(conversation.owner.user.text)), ("title", .text(plain(conversation.title))),
            ("folder", .text(plain(conversation.folder))),
            ("tags", .text(JSONValue.array(conversation.tags.map(JSONValue.string)).text)),
            ("is_pinned", .bool(conversation.isPinned)), ("is_archived", .bool(conversation.isArchived)),
            ("is_temporary", .bool(conversation.isTemporary)),
            ("settings", .text(JSONValue.object(conversation.settings).text)),
            ("context", SQLValue(conversation.context?.text)), ("uses_memory", SQLValue(conversation.usesMemory)),
            ("head", SQLValue(conversation.head?.text)),
            ("origin_conversation", SQLValue(conversation.origin?.conversation.text)),
            ("origin_message", SQLValue(conversation.origin?.message.text)),
            ("created", .integer(conversation.created.rawValue)),
            ("updated", .integer(conversation.updated.rawValue)), ("revision", .integer(conversation.revision)),
            ("message_count", .int(conversation.messageCount)),
        ]
    }

    static func json(_ row: Row, _ column: String) throws(StorageError) -> JSONValue {
        let text: String = try row.decode(column)
        do {
            return try JSONValue.parse(text)
        } catch {
            throw StorageError(.typeMismatch, "column '\(column)' holds no JSON: \(error)")
        }
    }

    /// Text without NUL, which PostgreSQL cannot store.
    static func plain(_ text: String) -> String {
        text.utf8.contains(0) ? String(text.unicodeScalars.filter { $0.value != 0 }.map(Character.init)) : text
    }
}

/// A row of the table `messages` and what it stands for.
struct MessageRow: RowDecodable {
    let message: Message

    init(row: Row) throws(StorageError) {
        let id: String = try row.decode("id")
        let conversation: String = try row.decode("conversation")
        let parent: String? = try row.decode("parent")
        let role: String = try row.decode("role")
        let status: String = try row.decode("status")
        guard let id = MessageID(id), let conversation = ConversationID(conversation),
            let role = ChatMessage.Role(rawValue: role), let status = Message.Status(rawValue: status)
        else { throw StorageError(.typeMismatch, "a row of messages holds what is no id, role or status") }
        let document = try ConversationRow.json(row, "document")
        var message = Message(
            id: id, conversation: conversation, parent: parent.flatMap { MessageID($0) }, role: role,
            content: document["content"] ?? .null, created: ConversationMoment(rawValue: try row.decode("created")))
        message.status = status
        message.revision = try row.decode("revision")
        message.model = try row.decode("model")
        message.reasoning = document["reasoning"]?.string
        message.toolCalls = document["tool_calls"]?.array ?? []
        message.toolCallID = document["tool_call_id"]?.string
        message.citations = document["citations"]?.array ?? []
        message.importance = document["importance"]?.string.flatMap(MessageImportance.init) ?? .normal
        if document["is_pinned"]?.bool == true { message.isPinned = true }
        message.failure = document["failure"]?.string
        message.report = document["report"]?.object
        message.request = document["request"]?.string
        if let feedback = document["feedback"] {
            message.feedback = Message.Feedback(
                rating: Int(clamping: feedback["rating"]?.integer ?? 0), comment: feedback["comment"]?.string)
        }
        if let usage = document["usage"] {
            func count(_ name: String) -> Int { Int(clamping: usage[name]?.integer ?? 0) }
            message.usage = TokenUsage(
                promptTokens: count("prompt"), completionTokens: count("completion"), cachedTokens: count("cached"),
                reasoningTokens: count("reasoning"))
        }
        self.message = message
    }

    /// All columns that the program sets, in a fixed order.
    static func values(of message: Message, owner: ConversationOwner) -> [(name: String, value: SQLValue)] {
        let body = message.status == .writing ? "" : ConversationRow.plain(message.text)
        return [
            ("id", .text(message.id.text)), ("conversation", .text(message.conversation.text)),
            ("parent", SQLValue(message.parent?.text)), ("owner_key", .text(owner.key)),
            ("role", .text(message.role.rawValue)), ("document", .text(document(of: message).text)),
            ("body", .text(body)), ("grams", .text(ScriptGrams.indexed(body))),
            ("model", SQLValue(message.model.map(ConversationRow.plain))),
            ("has_attachments", .bool(message.hasAttachments)), ("status", .text(message.status.rawValue)),
            ("created", .integer(message.created.rawValue)), ("revision", .integer(message.revision)),
        ]
    }

    private static func document(of message: Message) -> JSONValue {
        var document: JSONObject = ["content": message.content]
        document["reasoning"] = message.reasoning.map(JSONValue.string)
        if !message.toolCalls.isEmpty { document["tool_calls"] = .array(message.toolCalls) }
        document["tool_call_id"] = message.toolCallID.map(JSONValue.string)
        if !message.citations.isEmpty { document["citations"] = .array(message.citations) }
        if message.isPinned {
            document["is_pinned"] = true
        } else if message.importance != .normal {
            document["importance"] = .string(message.importance.rawValue)
        }
        document["failure"] = message.failure.map(JSONValue.string)
        document["report"] = message.report.map(JSONValue.object)
        document["request"] = message.request.map(JSONValue.string)
        if let feedback = message.feedback {
            document["feedback"] = [
                "rating": .whole(feedback.rating), "comment": feedback.comment.map(JSONValue.string) ?? .null,
            ]
        }
        if let usage = message.usage {
            document["usage"] = [
                "prompt": .whole(usage.promptTokens), "completion": .whole(usage.completionTokens),
                "cached": .whole(usage.cachedTokens), "reasoning": .whole(usage.reasoningTokens),
            ]
        }
        return .object(document)
    }
}

extension ConversationOwner {
    /// The owner as one word of the full-text index: an `o` and the hexadecimal digits of both names.
    var key: String { "o" + Self.digits(of: Array(tenant.name.utf8)) + Self.keyEnding(of: user) }

    /// What the keys of a user end with in every tenant, and no other key does: no name has a zero byte.
    static func keyEnding(of user: UserID) -> String { digits(of: [0] + Array(user.text.utf8)) }

    private static func digits(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
