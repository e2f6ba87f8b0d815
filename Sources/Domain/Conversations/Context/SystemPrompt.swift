public import JSONText
import Vocabulary

/// The member `system` of a conversation's settings or of one request: the system prompt, wherever the branch began.
public enum SystemPrompt {
    /// A branch with the system prompt of its settings in front.
    ///
    /// - Parameters:
    ///   - branch: the messages.
    ///   - members: of the chat request; the member `system` is taken out.
    ///   - conversation: whose id the message takes that is made; it stands in no database.
    /// - Returns: the branch with `system` in the place of the text of its leading system message, without that message
    ///   where `system` is empty, and as it is where there is no such member.
    public static func apply(
        to branch: [Message], taking members: inout JSONObject, in conversation: Conversation
    ) -> [Message] {
        guard let text = members["system"]?.string else { return branch }
        members["system"] = nil
        let hasOwn = branch.first.map { $0.role == .system || $0.role == .developer } ?? false
        guard !text.isEmpty else { return hasOwn ? Array(branch.dropFirst()) : branch }
        if hasOwn {
            var branch = branch
            branch[0].content = .string(text)
            return branch
        }
        guard let id = MessageID("msg_" + conversation.id.text.dropFirst("conv_".count)) else { return branch }
        let message = Message(
            id: id, conversation: conversation.id, parent: nil, role: .system, content: .string(text),
            created: conversation.created)
        return [message] + branch
    }
}
