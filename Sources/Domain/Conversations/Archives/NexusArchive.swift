public import JSONText

/// Our own form of an exported conversation: `{"format": "llama-nexus.conversation", "version": 1, …}`.
public enum NexusArchive {
    public static let format = "llama-nexus.conversation"

    /// Writes a conversation with all its branches.
    ///
    /// - Parameters:
    ///   - conversation: what is known of it.
    ///   - messages: of all branches, or of the one that is to be exported.
    /// - Returns: the document.
    public static func write(_ conversation: Conversation, _ messages: [Message]) -> JSONValue {
        let known = Set(messages.map(\.id))
        return [
            "format": .string(format), "version": 1, "title": .string(conversation.title),
            "created": .integer(conversation.created.rawValue),
            "tags": .array(conversation.tags.map(JSONValue.string)),
            "head": conversation.head.flatMap { known.contains($0) ? .string($0.text) : nil } ?? .null,
            "settings": .object(conversation.settings),
            "messages": .array(messages.map { entry($0, known) }),
        ]
    }

    private static func entry(_ message: Message, _ known: Set<MessageID>) -> JSONValue {
        var entry: JSONObject = [
            "id": .string(message.id.text),
            "parent": message.parent.flatMap { known.contains($0) ? .string($0.text) : nil } ?? .null,
        ]
        for member in message.wire { entry[member.key] = member.value }
        entry["model"] = message.model.map(JSONValue.string)
        entry["created"] = .integer(message.created.rawValue)
        if let feedback = message.feedback {
            entry["feedback"] = [
                "rating": .whole(feedback.rating), "comment": feedback.comment.map(JSONValue.string) ?? .null,
            ]
        }
        return .object(entry)
    }

    /// Reads what `write` has written.
    ///
    /// - Parameters:
    ///   - json: one document.
    ///   - path: where it stands, for errors.
    /// - Returns: the conversation.
    /// - Throws: ``ArchiveError``.
    static func read(_ json: JSONValue, at path: String) throws(ArchiveError) -> ConversationArchive {
        guard json["version"]?.integer == 1 else {
            throw ArchiveError("\(path).version", "is not 1, the only version there is")
        }
        guard let messages = json["messages"]?.array else { throw ArchiveError("\(path).messages", "is no array") }
        guard messages.count <= ConversationArchive.entriesMax else {
            throw ArchiveError("\(path).messages", "has more than \(ConversationArchive.entriesMax) members")
        }
        var entries: [ConversationArchive.Entry] = []
        for (index, message) in messages.enumerated() {
            let place = "\(path).messages[\(index)]"
            guard let id = message["id"]?.string else { throw ArchiveError("\(place).id", "is no text") }
            guard let role = message["role"]?.string else { throw ArchiveError("\(place).role", "is no text") }
            entries.append(
                ConversationArchive.Entry(
                    id: id, parent: message["parent"]?.string, role: role, content: message["content"] ?? .null,
                    reasoning: message["reasoning_content"]?.string, model: message["model"]?.string,
                    created: message["created"]?.integer))
        }
        return ConversationArchive(
            title: json["title"]?.string ?? "", created: json["created"]?.integer,
            tags: json["tags"]?.array?.compactMap(\.string) ?? [], head: json["head"]?.string, entries: entries)
    }
}
