import JSONText
import OpenAIAPI
import Vocabulary

/// What is to be answered or continued.
struct OllamaPrompt {
    let prompt: GenerationRequest.Prompt
    /// Nothing is asked: the model shall be loaded, or go.
    let isEmpty: Bool
    /// Of `/api/generate`, where the prompt is a chat.
    var conversation: [ChatMessage]?

    // MARK: /api/chat

    init(chat root: JSONField) throws {
        let elements = try root.optional("messages")?.elements(countMax: RequestBounds.messagesMax) ?? []
        let messages = try elements.map(Self.message)
        let tools = try root.optional("tools")?.elements(countMax: RequestBounds.toolsMax).map(Self.tool) ?? []
        prompt = .chat(messages, tools: tools)
        isEmpty = messages.isEmpty
    }

    /// A message in the form of OpenAI's chats, whose reader knows all that models can read.
    private static func message(_ field: JSONField) throws -> ChatMessage {
        var chat: JSONObject = ["role": try field.required("role").value]
        chat["content"] = .array(try parts(try field.optional("content"), try field.optional("images")))
        chat["reasoning_content"] = try field.optional("thinking")?.value
        chat["tool_calls"] = try field.optional("tool_calls")?.value
        chat["name"] = try field.optional(firstOf: ["tool_name", "name"])?.value
        chat["tool_call_id"] = try field.optional("tool_call_id")?.value
        return try chatMessage(chat, path: field.path)
    }

    /// Reads a message, and tells of its pictures by their name here.
    private static func chatMessage(_ message: JSONObject, path: String) throws -> ChatMessage {
        do {
            return try ChatFields.message(JSONField(.object(message), path: path))
        } catch let error as JSONFieldError where error.path.contains("image_url") {
            throw JSONFieldError(path: path.isEmpty ? "images" : "\(path).images", problem: error.problem)
        }
    }

    private static func parts(_ text: JSONField?, _ images: JSONField?) throws(JSONFieldError) -> [JSONValue] {
        var parts: [JSONValue] = []
        if let text { parts.append(["type": "text", "text": .string(try text.string())]) }
        for image in try images?.elements(countMax: RequestBounds.messagesMax) ?? [] {
            parts.append(["type": "image_url", "image_url": ["url": .string(try image.string())]])
        }
        return parts
    }

    private static func tool(_ element: JSONField) throws -> ToolDefinition {
        let name = try element.required("function").required("name").string(bytesIn: 1...RequestBounds.nameBytesMax)
        return ToolDefinition(name: name, definition: element.value)
    }

    // MARK: /api/generate

    init(generate root: JSONField) throws {
        let text = try root.optional("prompt")?.string() ?? ""
        let suffix = try root.optional("suffix")?.string() ?? ""
        let images = try root.optional("images")
        try Self.refuseTemplate(root)
        if !suffix.isEmpty {
            prompt = .infill(InfillPrompt(prefix: [.text(text)], suffix: [.text(suffix)]))
            isEmpty = false
        } else if try root.optional("raw")?.bool() ?? false {
            prompt = .text(text)
            isEmpty = text.isEmpty
        } else {
            var messages = try root.optional("context").map(OllamaContext.messages) ?? []
            // Of a conversation that goes on, the first system prompt counts.
            if let system = try root.optional("system")?.string(), !system.isEmpty,
                messages.first?.role != .system
            {
                messages.insert(ChatMessage(.system, system), at: 0)
            }
            let parts = try Self.parts(JSONField(.string(text), path: "prompt"), images)
            messages.append(try Self.chatMessage(["role": "user", "content": .array(parts)], path: root.path))
            prompt = .chat(messages, tools: [])
            isEmpty = text.isEmpty && parts.count == 1
            conversation = messages
        }
    }

    private static func refuseTemplate(_ root: JSONField) throws {
        guard let template = try root.optional("template"), template.value != "" else { return }
        throw ServiceError(
            .unsupported, "'template' is a template of Ollama's; this server writes prompts with the model's own.",
            hint: "Leave it out, or render the prompt yourself and send it with 'raw'.", parameter: "template")
    }
}
