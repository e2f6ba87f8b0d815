import JSONText
import OpenAIAPI
import Vocabulary

/// Reads `input`: a text, or the items of a conversation.
///
/// What one answer was made of (thinking, text, calls) comes as several items and becomes one message again.
enum InputItems {
    /// - Parameters:
    ///   - field: a text, or items.
    ///   - before: the messages that they follow, the last of which may go on.
    /// - Returns: all of them.
    /// - Throws: the path of what is wrong.
    static func messages(_ field: JSONField, after before: [ChatMessage] = []) throws -> [ChatMessage] {
        if case .string(let text) = field.value { return before + [ChatMessage(.user, text)] }
        guard field.value.array != nil else {
            throw field.fail("must be a string or an array of items, not \(field.value.kind)")
        }
        let items = try field.elements(countMax: RequestBounds.messagesMax)
        guard !items.isEmpty else { throw field.fail("must have at least one item") }
        var messages = before
        for item in items { try read(item, into: &messages) }
        return messages
    }

    private static func read(_ item: JSONField, into messages: inout [ChatMessage]) throws {
        let type = try item.optional("type")
        switch try type?.string() ?? "message" {
        case "message": add(try message(item), to: &messages)
        case "function_call":
            let call = ToolCall(
                id: try item.required("call_id").string(), name: try item.required("name").string(),
                arguments: try item.required("arguments").string())
            let place = answerIndex(in: &messages) { _ in true }
            messages[place].toolCalls.append(call)
        case "function_call_output": messages.append(try output(item))
        case "reasoning":
            guard let text = try reasoning(item) else { return }
            let place = answerIndex(in: &messages) { $0.text.isEmpty && $0.toolCalls.isEmpty }
            messages[place].reasoning = (messages[place].reasoning ?? "") + text
        case "item_reference":
            throw ServiceError(
                .unsupported, "'\(item.path)' refers to an item, and this server keeps none.",
                hint: "Send the item itself.", parameter: item.path)
        case let other:
            throw ServiceError(
                .unsupported, "'\(item.path).type' is \"\(other.prefix(40))\", which this server cannot read.",
                hint: "Send items of type message, reasoning, function_call and function_call_output.",
                parameter: "\(item.path).type")
        }
    }

    /// An answer's text joins the thinking before it.
    private static func add(_ message: ChatMessage, to messages: inout [ChatMessage]) {
        guard message.role == .assistant, let last = messages.last, last.role == .assistant, last.text.isEmpty,
            last.toolCalls.isEmpty, last.reasoning != nil
        else {
            messages.append(message)
            return
        }
        messages[messages.count - 1].text = message.text
    }

    /// The last message where it is an answer that may grow, or a new one.
    private static func answerIndex(
        in messages: inout [ChatMessage], where isOpen: (ChatMessage) -> Bool
    ) -> Int {
        if let last = messages.last, last.role == .assistant, isOpen(last) { return messages.count - 1 }
        messages.append(ChatMessage(.assistant, ""))
        return messages.count - 1
    }

    private static func message(_ item: JSONField) throws -> ChatMessage {
        let role = try item.required("role")
        let content = try item.required("content")
        var chat: JSONObject = ["role": role.value]
        chat["content"] = try parts(content)
        return try ChatFields.message(JSONField(.object(chat), path: item.path))
    }

    /// What a function answered, as the message of a tool.
    private static func output(_ item: JSONField) throws -> ChatMessage {
        let id = try item.required("call_id").string()
        let content = try parts(try item.required("output"))
        return try ChatFields.message(
            JSONField(["role": "tool", "tool_call_id": .string(id), "content": content], path: item.path))
    }

    /// Content in the form of chats, which knows the same texts by the same names, and images by another.
    private static func parts(_ content: JSONField) throws -> JSONValue {
        guard content.value.array != nil else { return content.value }
        return .array(
            try content.elements(countMax: RequestBounds.messagesMax).map { part in
                guard try part.required("type").string() == "input_image" else { return part.value }
                guard let url = try part.optional("image_url") else {
                    throw ServiceError(
                        .unsupported, "'\(part.path)' has no 'image_url', and this server keeps no files.",
                        hint: "Send the image as a data URL.", parameter: part.path)
                }
                var image: JSONObject = ["url": url.value]
                image["detail"] = try part.optional("detail")?.value
                return ["type": "image_url", "image_url": .object(image)]
            })
    }

    /// The thinking of an earlier answer; `nil` where there is none that can be read.
    private static func reasoning(_ item: JSONField) throws -> String? {
        for name in ["content", "summary"] {
            let parts = try item.optional(name)?.elements(countMax: RequestBounds.messagesMax) ?? []
            let text = try parts.map { try $0.required("text").string() }.joined(separator: "\n\n")
            if !text.isEmpty { return text }
        }
        return nil
    }
}
