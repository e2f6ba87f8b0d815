import JSONText
import Vocabulary

/// A branch as a text for people.
public enum MarkdownTranscript {
    /// Writes a branch.
    ///
    /// - Parameters:
    ///   - title: of the conversation.
    ///   - messages: from the first to the last one.
    /// - Returns: Markdown; thinking is folded away.
    public static func write(title: String, _ messages: [Message]) -> String {
        var text = "# \(line(title.isEmpty ? "Conversation" : title))\n"
        for message in messages where message.role != .tool || !message.text.isEmpty {
            text += "\n## \(heading(message))\n\n"
            if let reasoning = message.reasoning, !reasoning.isEmpty {
                text += "<details><summary>Thinking</summary>\n\n\(reasoning)\n\n</details>\n\n"
            }
            text += message.text + "\n"
            for call in message.toolCalls {
                let function = call["function"]
                text +=
                    "\n```json\n\(function?["name"]?.string ?? "")(\(function?["arguments"]?.string ?? ""))\n```\n"
            }
        }
        return text
    }

    private static func heading(_ message: Message) -> String {
        switch message.role {
        case .user: "You"
        case .assistant: line(message.model ?? "Assistant")
        case .system, .developer: "System"
        case .tool: "Tool"
        }
    }

    /// One line, so that a title cannot begin something else.
    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
