import Conversations
import JSONText
import TestRandomness
import Vocabulary

enum Samples {
    static let owner = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_a"))

    static func id(_ number: Int) -> MessageID {
        var random = SeededRandom(seed: UInt64(number))
        return MessageID(at: moment(number), using: &random)
    }

    static func moment(_ number: Int) -> ConversationMoment { ConversationMoment(microseconds: Int64(number) * 1000) }

    /// A question with two answers.
    static var branched: (Conversation, [Message]) {
        var random = SeededRandom(seed: 1)
        let id = ConversationID(at: moment(1), using: &random)
        let question = Message(
            id: Self.id(1), conversation: id, parent: nil, role: .user, content: "Question", created: moment(1))
        var first = Message(
            id: Self.id(2), conversation: id, parent: question.id, role: .assistant, content: "First",
            created: moment(2))
        first.model = "tiny"
        first.reasoning = "well"
        let second = Message(
            id: Self.id(3), conversation: id, parent: question.id, role: .assistant, content: "Second",
            created: moment(3))
        let conversation = Conversation(
            id: id, owner: owner, title: "Sample", head: second.id, created: moment(1), messageCount: 3)
        return (conversation, [question, first, second])
    }
}
