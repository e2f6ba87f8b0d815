import JSONText
import Vocabulary

/// Reads the fields that only chats have.
enum ChatFields {
    static func messages(_ field: JSONField) throws -> [ChatMessage] {
        let elements = try field.elements(countMax: RequestBounds.messagesMax)
        guard !elements.isEmpty else { throw field.fail("must have at least one message") }
        return try elements.map(message)
    }

    /// The tools that the model may use. `tool_choice: "none"` leaves them out.
    static func tools(_ root: JSONField) throws -> [ToolDefinition] {
        guard let field = try root.optional("tools") else { return [] }
        let tools = try field.elements(countMax: RequestBounds.toolsMax).map { element in
            let name = try element.required("function").required("name")
            guard !(try name.string()).isEmpty else { throw name.fail("must not be empty") }
            return ToolDefinition(name: try name.string(), definition: element.value)
        }
        guard let choice = try root.optional("tool_choice") else { return tools }
        switch choice.value {
        case "none": return []
        case "auto": return tools
        default:
            throw ServiceError(
                .unsupported,
                "'tool_choice' is \(choice.value.text.prefix(80)); this server knows \"auto\" and \"none\".",
                hint: "Use \"auto\".", parameter: "tool_choice")
        }
    }

    private static func message(_ field: JSONField) throws -> ChatMessage {
        let role = try field.required("role")
        guard let known = ChatMessage.Role(rawValue: try role.string()) else {
            let allowed = ChatMessage.Role.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw role.fail("must be one of \(allowed), not \(role.value.text.prefix(80))")
        }
        let calls = try field.optional("tool_calls")?.elements(countMax: RequestBounds.toolsMax).map(toolCall) ?? []
        let content = try field.optional("content")
        if content == nil, calls.isEmpty, known != .assistant { throw field.fail("must have 'content'") }
        return ChatMessage(
            known, try content.map(text) ?? "", reasoning: try field.optional("reasoning_content")?.string(),
            toolCalls: calls, toolCallID: try field.optional("tool_call_id")?.string(),
            name: try field.optional("name")?.string())
    }

    /// Content is a text or a list of parts, of which this server reads those of type `text`.
    private static func text(_ field: JSONField) throws -> String {
        if case .string(let text) = field.value { return text }
        guard field.value.array != nil else {
            throw field.fail("must be a string or an array of parts, not \(field.value.kind)")
        }
        return try field.elements(countMax: RequestBounds.messagesMax).map { part in
            let type = try part.required("type")
            switch try type.string() {
            case "text", "input_text", "output_text": return try part.required("text").string()
            case "refusal": return try part.required("refusal").string()
            case let other:
                throw ServiceError(
                    .unsupported, "'\(type.path)' is \"\(other.prefix(40))\"; the models served here read text only.",
                    hint: "Send parts of type \"text\".", parameter: type.path)
            }
        }.joined()
    }

    private static func toolCall(_ field: JSONField) throws -> ToolCall {
        let function = try field.required("function")
        // Some clients send arguments as an object instead of its text.
        let arguments = try function.optional("arguments").map { field in
            if case .object = field.value { field.value.text } else { try field.string() }
        }
        return ToolCall(
            id: try field.optional("id")?.string() ?? "", name: try function.required("name").string(),
            arguments: arguments ?? "{}")
    }
}
