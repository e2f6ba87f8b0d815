import JSONText
import OpenAIAPI
import Vocabulary

/// Reads system prompt and messages, whose content is a text or a list of blocks.
enum MessageBlocks {
    /// The chat. It may be empty: then the model begins it.
    static func messages(_ root: JSONField) throws -> [ChatMessage] {
        var messages: [ChatMessage] = []
        if let system = try root.optional("system") {
            let text = try self.system(system)
            if !text.isEmpty { messages.append(ChatMessage(.system, text)) }
        }
        for element in try root.required("messages").elements(countMax: RequestBounds.messagesMax) {
            messages += try read(element)
        }
        return messages
    }

    private static func system(_ field: JSONField) throws -> String {
        if case .string(let text) = field.value { return BillingHeader.stripped(text) }
        return try field.elements(countMax: RequestBounds.messagesMax).compactMap { block in
            let type = try block.required("type")
            guard type.value == "text" else { throw type.fail("must be \"text\"") }
            let text = try block.required("text").string()
            let rest = BillingHeader.stripped(text)
            return rest.isEmpty && !text.isEmpty ? nil : rest
        }.joined(separator: "\n")
    }

    private static func read(_ message: JSONField) throws -> [ChatMessage] {
        let role = try message.required("role")
        let content = try message.required("content")
        switch try role.string() {
        case "user": return try user(content, path: message.path)
        case "assistant": return [try assistant(content)]
        case "system": return [ChatMessage(.system, try system(content))]
        case let other: throw role.fail("must be \"user\" or \"assistant\", not \"\(other.prefix(40))\"")
        }
    }

    // MARK: User

    /// Results of tools are messages of their own, and stand before what the user says beside them: they answer the calls of
    /// the message before.
    private static func user(_ content: JSONField, path: String) throws -> [ChatMessage] {
        if case .string(let text) = content.value { return [ChatMessage(.user, text)] }
        var messages: [ChatMessage] = []
        var parts: [JSONValue] = []
        for block in try content.elements(countMax: RequestBounds.messagesMax) {
            if block.value["type"] == "tool_result" {
                messages.append(try result(block))
            } else {
                parts.append(try part(block))
            }
        }
        guard !parts.isEmpty || messages.isEmpty else { return messages }
        messages.append(try chat(["role": "user", "content": .array(parts)], path: path))
        return messages
    }

    private static func result(_ block: JSONField) throws -> ChatMessage {
        let id = try block.required("tool_use_id").string()
        var content = JSONValue.string("")
        if let field = try block.optional("content") {
            content = field.value
            if field.value.array != nil {
                content = .array(try field.elements(countMax: RequestBounds.messagesMax).map(part))
            }
        }
        // Templates have no word for a call that failed, so that the text must have it.
        if try block.optional("is_error")?.bool() == true { content = failed(content) }
        return try chat(["role": "tool", "tool_call_id": .string(id), "content": content], path: block.path)
    }

    private static func failed(_ content: JSONValue) -> JSONValue {
        let mark = "Error:"
        switch content {
        case .string(let text):
            return text.hasPrefix("Error") ? content : .string(text.isEmpty ? mark : "\(mark) \(text)")
        case .array(let parts):
            if parts.first?["text"]?.string?.hasPrefix("Error") == true { return content }
            return .array([["type": "text", "text": .string(mark)]] + parts)
        default: return content
        }
    }

    /// A message in the form of chats, whose reader knows all that models can read.
    private static func chat(_ message: JSONObject, path: String) throws -> ChatMessage {
        try ChatFields.message(JSONField(.object(message), path: path))
    }

    /// A block as a part of a chat's message.
    private static func part(_ block: JSONField) throws -> JSONValue {
        let type = try block.required("type")
        switch try type.string() {
        case "text": return ["type": "text", "text": .string(try block.required("text").string())]
        case "image":
            return ["type": "image_url", "image_url": ["url": .string(try imageURL(block.required("source")))]]
        case "document":
            let source = try block.required("source")
            if source.value["type"] == "text" {
                return ["type": "text", "text": .string(try source.required("data").string())]
            }
            throw unsupported(source, "documents that are not plain text", "Send the document's text.")
        case let other:
            throw unsupported(type, "\"\(other.prefix(40))\" blocks here", "Send text, images and tool results.")
        }
    }

    private static func imageURL(_ source: JSONField) throws -> String {
        let type = try source.required("type")
        switch try type.string() {
        case "base64":
            let media = try source.required("media_type").string(bytesIn: 1...RequestBounds.nameBytesMax)
            return "data:\(media);base64,\(try source.required("data").string())"
        case "url": return try source.required("url").string()
        default: throw unsupported(type, "images that are kept elsewhere", "Send the image as base64.")
        }
    }

    private static func unsupported(_ field: JSONField, _ what: String, _ hint: String) -> ServiceError {
        ServiceError(
            .unsupported, "'\(field.path)': this server does not read \(what).", hint: hint, parameter: field.path)
    }

    // MARK: Assistant

    private static func assistant(_ content: JSONField) throws -> ChatMessage {
        if case .string(let text) = content.value { return ChatMessage(.assistant, text) }
        var (text, reasoning) = ("", "")
        var calls: [ToolCall] = []
        for block in try content.elements(countMax: RequestBounds.messagesMax) {
            let type = try block.required("type")
            switch try type.string() {
            case "text": text += try block.required("text").string()
            case "thinking": reasoning += try block.required("thinking").string()
            // Only who wrote it can read it.
            case "redacted_thinking": break
            case "tool_use":
                calls.append(
                    ToolCall(
                        id: try block.required("id").string(), name: try block.required("name").string(),
                        arguments: JSONValue.object(try block.optional("input")?.object() ?? [:]).text))
            case let other:
                throw unsupported(type, "\"\(other.prefix(40))\" blocks here", "Send text, thinking and tool uses.")
            }
        }
        return ChatMessage(.assistant, text, reasoning: reasoning.isEmpty ? nil : reasoning, toolCalls: calls)
    }
}
