public import JSONText

/// One message of a chat, as the model's template sees it.
public struct ChatMessage: Sendable, Equatable {
    public enum Role: String, Sendable, CaseIterable {
        case system, developer, user, assistant, tool
    }

    public var role: Role
    /// Texts, images and recordings, in the order in which they were sent.
    public var content: [ContentPart]
    /// What the model thought before it answered, when the client sends it back.
    public var reasoning: String?
    public var toolCalls: [ToolCall]
    /// For role `tool`: which call this answers.
    public var toolCallID: String?
    public var name: String?

    public init(
        _ role: Role, _ text: String, reasoning: String? = nil, toolCalls: [ToolCall] = [], toolCallID: String? = nil,
        name: String? = nil
    ) {
        self.role = role
        content = text.isEmpty ? [] : [.text(text)]
        self.reasoning = reasoning
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.name = name
    }

    /// The text parts, one after the other. What is added at its end goes to the end of the content; any other text takes
    /// the place of all texts, after the media.
    public var text: String {
        get {
            if content.count == 1, case .text(let only) = content[0] { return only }
            return content.text
        }
        set {
            let old = text
            if !hasMedia {
                content = newValue.isEmpty ? [] : [.text(newValue)]
            } else if newValue.utf8.starts(with: old.utf8) {
                let added = String(newValue.utf8.dropFirst(old.utf8.count)) ?? ""
                if !added.isEmpty { content.append(.text(added)) }
            } else {
                content = content.filter(\.isMedia) + [.text(newValue)]
            }
        }
    }

    public var hasMedia: Bool { content.contains(where: \.isMedia) }
    /// Its images and recordings, in order.
    public var media: [MediaPart] { content.media }
}

/// The model's wish to call a function.
public struct ToolCall: Sendable, Equatable {
    public var id: String
    public var name: String
    /// A JSON object as text, exactly as the model wrote it.
    public var arguments: String

    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// A function that the model may call.
public struct ToolDefinition: Sendable, Equatable {
    public var name: String
    /// The definition as the client sent it (`{"type":"function","function":{…}}`), for the model's template.
    public var definition: JSONValue

    public init(name: String, definition: JSONValue) {
        self.name = name
        self.definition = definition
    }
}
