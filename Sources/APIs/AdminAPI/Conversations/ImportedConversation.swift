import Conversations
import JSONText
import Vocabulary

/// A conversation of an archive with ids of ours.
struct ImportedConversation {
    let conversation: Conversation
    let messages: [Message]

    init(_ archive: ConversationArchive, owner: ConversationOwner, _ tools: ConversationTools) throws {
        let now = tools.now()
        let id = tools.conversationID()
        var random = SystemRandomNumberGenerator()
        var known: [String: MessageID] = [:]
        var messages: [Message] = []
        var last = now.rawValue - Int64(archive.entries.count) * 1000
        for entry in archive.entries {
            // Ids sort by time, and the order of brothers is that of their ids: each a millisecond after the one before.
            last = max(last + 1000, min(entry.created ?? 0, now.rawValue))
            let created = ConversationMoment(rawValue: last)
            let messageID = MessageID(at: created, using: &random)
            known[entry.id] = messageID
            guard entry.content.bytes.count <= ConversationLimits.messageBytesMax else {
                throw ServiceError(
                    .invalidValue, "A message is larger than \(ConversationLimits.messageBytesMax) bytes.",
                    hint: "Nothing was imported.")
            }
            var message = Message(
                id: messageID, conversation: id, parent: entry.parent.flatMap { known[$0] },
                role: ChatMessage.Role(rawValue: entry.role) ?? .assistant, content: entry.content, created: created)
            message.reasoning = entry.reasoning
            message.model = entry.model
            messages.append(message)
        }
        let tags = archive.tags.map { String(decoding: $0.utf8.prefix(ConversationLimits.tagBytesMax), as: UTF8.self) }
        conversation = Conversation(
            id: id, owner: owner, title: archive.title, tags: Array(tags.prefix(ConversationLimits.tagsMax)),
            head: archive.head.flatMap { known[$0] } ?? messages.last?.id,
            created: ConversationMoment(rawValue: archive.created ?? now.rawValue), updated: now,
            messageCount: messages.count)
        self.messages = messages
    }
}
