public import JSONText
public import Vocabulary

/// Reads the messages of a chat.
public enum ChatFields {
    static func messages(_ field: JSONField) throws -> [ChatMessage] {
        let elements = try field.elements(countMax: RequestBounds.messagesMax)
        guard !elements.isEmpty else { throw field.fail("must have at least one message") }
        return try elements.map(message)
    }

    /// One message.
    ///
    /// - Parameter field: the message as OpenAI's chats have it. Other dialects make one, with the path of their own.
    /// - Returns: the message.
    /// - Throws: the path of what is wrong.
    public static func message(_ field: JSONField) throws -> ChatMessage {
        let role = try Self.role(try field.required("role"))
        var calls = try field.optional("tool_calls")?.elements(countMax: RequestBounds.toolsMax).map(toolCall) ?? []
        if calls.isEmpty, let call = try field.optional("function_call") { calls = [try toolCall(id: "", call)] }
        let content = try field.optional("content")
        if content == nil, calls.isEmpty, role != .assistant { throw field.fail("must have 'content'") }
        var message = ChatMessage(
            role, "", reasoning: try field.optional("reasoning_content")?.string(),
            toolCalls: calls, toolCallID: try field.optional("tool_call_id")?.string(),
            name: try field.optional("name")?.string())
        message.content = try content.map(ContentFields.parts) ?? []
        return message
    }

    private static func role(_ field: JSONField) throws(JSONFieldError) -> ChatMessage.Role {
        // What tools answered, before they were called tools.
        if field.value == "function" { return .tool }
        return try field.word()
    }

    private static func toolCall(_ field: JSONField) throws -> ToolCall {
        try toolCall(id: try field.optional("id")?.string() ?? "", try field.required("function"))
    }

    private static func toolCall(id: String, _ function: JSONField) throws -> ToolCall {
        // Some clients send arguments as an object instead of its text.
        let arguments = try function.optional("arguments").map { field in
            if case .object = field.value { field.value.text } else { try field.string() }
        }
        return ToolCall(id: id, name: try function.required("name").string(), arguments: arguments ?? "{}")
    }
}
