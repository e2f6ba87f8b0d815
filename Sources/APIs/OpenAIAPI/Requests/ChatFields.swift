public import JSONText
public import Vocabulary

/// Reads the messages of a chat.
public enum ChatFields {
    static func messages(_ field: JSONField) throws -> [ChatMessage] {
        let elements = try field.elements(countMax: RequestBounds.messagesMax)
        guard !elements.isEmpty else { throw field.fail("must have at least one message") }
        return try elements.map(message)
    }

    /// How the prompt ends: `continue_final_message` of Transformers and vLLM, and `add_generation_prompt`.
    static func ending(_ root: JSONField) throws(JSONFieldError) -> ChatEnding {
        let adds = try root.optional("add_generation_prompt")?.bool()
        var continues: Bool?
        if let field = try root.optional("continue_final_message") {
            if case .string(let word) = field.value {
                // llama-server's words for which part of the message goes on; here its last part does.
                guard ["content", "reasoning_content"].contains(word) else {
                    throw field.fail("must be true, false, \"content\" or \"reasoning_content\"")
                }
                continues = true
            } else {
                continues = try field.bool()
            }
            if continues == true, adds == true {
                throw field.fail("and 'add_generation_prompt' must not both be true")
            }
        }
        switch (continues, adds) {
        case (true, _): return .lastMessage
        case (_, false): return .messages
        case (false, _): return .answer
        case (nil, _): return .automatic
        }
    }

    /// One message.
    ///
    /// - Parameter field: the message as OpenAI's chats have it. Other dialects make one, with the path of their own.
    /// - Returns: the message.
    /// - Throws: the path of what is wrong.
    public static func message(_ field: JSONField) throws -> ChatMessage {
        if let plain = plain(field.value) { return plain }
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

    /// A message that has a role and a text and nothing else, as most have; `nil` for every other.
    private static func plain(_ value: JSONValue) -> ChatMessage? {
        guard let object = value.object, object.count == 2, let text = object["content"]?.string,
            let role = object["role"]?.string.flatMap(ChatMessage.Role.init)
        else { return nil }
        return ChatMessage(role, text)
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

    /// Adds how the prompt ends to a request for another server.
    static func write(_ ending: ChatEnding, to body: inout JSONObject) {
        switch ending {
        case .automatic: break
        case .answer: body["continue_final_message"] = false
        case .lastMessage:
            body["continue_final_message"] = true
            body["add_generation_prompt"] = false
        case .messages: body["add_generation_prompt"] = false
        }
    }
}
