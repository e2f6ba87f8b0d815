import Conversations
import JSONText
import OpenAIAPI
import Vocabulary

/// A turn of a conversation as a chat request: what the settings and the order say of how to answer it.
struct TurnRequest: Sendable {
    /// Members of the chat request, without its messages.
    let members: JSONObject
    /// The messages, with the system prompt of the settings.
    let branch: [Message]
    let id: RequestID

    init(_ conversation: Conversation, branch: [Message], request: JSONObject, id: RequestID) {
        var members = conversation.settings
        for member in request { members[member.key] = member.value }
        members["stream"] = true
        members["n"] = nil
        self.branch = SystemPrompt.apply(to: branch, taking: &members, in: conversation)
        self.members = members
        self.id = id
    }

    init(_ order: AnswerOrder) {
        self.init(order.conversation, branch: order.branch, request: order.request, id: order.id)
    }

    /// The request with certain messages.
    ///
    /// - Throws: `ServiceError` when it is not well-formed.
    func generation(_ messages: [JSONValue]) throws -> GenerationRequest {
        var members = members
        members["messages"] = .array(messages)
        var request = try CompletionRequest.chat(JSONValue.object(members).bytes, id: id).generation
        request.scheduling.reportsProgress = true
        request.scheduling.reportsLoading = true
        return request
    }

    /// The request with all messages of the branch as they are.
    func generation() throws -> GenerationRequest { try generation(PromptAssembly(branch).messages) }
}
