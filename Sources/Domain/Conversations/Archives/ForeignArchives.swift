import JSONText
import Telemetry

/// What other products export. Sources: the shapes of their export files as of 2026.
enum ForeignArchives {
    /// ChatGPT's `conversations.json`: a `mapping` of nodes with `parent`, `children` and `message`.
    ///
    /// - Parameters:
    ///   - json: one conversation.
    ///   - path: where it stands, for errors.
    /// - Returns: the conversation; nodes without a message, or with an empty one, are left out and their children follow
    ///   the node before.
    /// - Throws: ``ArchiveError``.
    static func chatGPT(_ json: JSONValue, at path: String) throws(ArchiveError) -> ConversationArchive {
        guard let mapping = json["mapping"]?.object else { throw ArchiveError("\(path).mapping", "is no object") }
        guard mapping.count <= ConversationArchive.entriesMax else {
            throw ArchiveError("\(path).mapping", "has more than \(ConversationArchive.entriesMax) members")
        }
        var parents: [String: String] = [:]
        var kept: Set<String> = []
        var entries: [ConversationArchive.Entry] = []
        for (id, node) in mapping.map({ ($0.key, $0.value) }) {
            parents[id] = node["parent"]?.string
            guard let message = node["message"], let role = message["author"]?["role"]?.string,
                let content = text(ofParts: message["content"])
            else { continue }
            kept.insert(id)
            entries.append(
                ConversationArchive.Entry(
                    id: id, parent: nil, role: role, content: .string(content),
                    model: message["metadata"]?["model_slug"]?.string,
                    created: microseconds(message["create_time"]?.double)))
        }
        for index in entries.indices {
            entries[index].parent = ancestor(of: entries[index].id, parents, kept)
        }
        entries.sort { ($0.created ?? 0, $0.id) < ($1.created ?? 0, $1.id) }
        let current = json["current_node"]?.string
        return ConversationArchive(
            title: json["title"]?.string ?? "", created: microseconds(json["create_time"]?.double),
            head: current.flatMap { kept.contains($0) ? $0 : ancestor(of: $0, parents, kept) }, entries: entries)
    }

    /// The nearest node above that is kept.
    private static func ancestor(of id: String, _ parents: [String: String], _ kept: Set<String>) -> String? {
        var place = parents[id]
        var steps = 0
        while let next = place, steps <= parents.count {
            if kept.contains(next) { return next }
            place = parents[next]
            steps += 1
        }
        return nil
    }

    private static func text(ofParts content: JSONValue?) -> String? {
        let parts = content?["parts"]?.array?.compactMap(\.string) ?? content?["text"]?.string.map { [$0] } ?? []
        let text = parts.joined(separator: "\n")
        return text.isEmpty ? nil : text
    }

    /// Claude's `conversations.json`: `chat_messages` in one line, with `sender` and `text` or `content` parts.
    static func claude(_ json: JSONValue, at path: String) throws(ArchiveError) -> ConversationArchive {
        guard let messages = json["chat_messages"]?.array else {
            throw ArchiveError("\(path).chat_messages", "is no array")
        }
        guard messages.count <= ConversationArchive.entriesMax else {
            throw ArchiveError("\(path).chat_messages", "has more than \(ConversationArchive.entriesMax) members")
        }
        var entries: [ConversationArchive.Entry] = []
        for (index, message) in messages.enumerated() {
            guard let sender = message["sender"]?.string else {
                throw ArchiveError("\(path).chat_messages[\(index)].sender", "is no text")
            }
            let parts = message["content"]?.array ?? []
            let texts = parts.compactMap { $0["type"]?.string == "text" ? $0["text"]?.string : nil }
            let thoughts = parts.compactMap { $0["type"]?.string == "thinking" ? $0["thinking"]?.string : nil }
            let text = texts.isEmpty ? message["text"]?.string ?? "" : texts.joined(separator: "\n")
            guard !text.isEmpty else { continue }
            entries.append(
                ConversationArchive.Entry(
                    id: message["uuid"]?.string ?? "\(index)", parent: entries.last?.id,
                    role: sender == "human" ? "user" : sender, content: .string(text),
                    reasoning: thoughts.isEmpty ? nil : thoughts.joined(separator: "\n"),
                    created: microseconds(message["created_at"]?.string)))
        }
        return ConversationArchive(
            title: json["name"]?.string ?? "", created: microseconds(json["created_at"]?.string),
            head: entries.last?.id, entries: entries)
    }

    /// Open WebUI's export: `chat.history.messages` by id with `parentId`, `currentId`.
    static func openWebUI(_ json: JSONValue, at path: String) throws(ArchiveError) -> ConversationArchive {
        let chat = json["chat"] ?? json
        guard let messages = chat["history"]?["messages"]?.object else {
            throw ArchiveError("\(path).chat.history.messages", "is no object")
        }
        guard messages.count <= ConversationArchive.entriesMax else {
            throw ArchiveError(
                "\(path).chat.history.messages", "has more than \(ConversationArchive.entriesMax) members")
        }
        var entries: [ConversationArchive.Entry] = []
        for (id, message) in messages.map({ ($0.key, $0.value) }) {
            guard let role = message["role"]?.string else {
                throw ArchiveError("\(path).chat.history.messages.\(id.prefix(64)).role", "is no text")
            }
            entries.append(
                ConversationArchive.Entry(
                    id: id, parent: message["parentId"]?.string, role: role,
                    content: .string(message["content"]?.string ?? ""), model: message["model"]?.string,
                    created: microseconds(message["timestamp"]?.double)))
        }
        entries.sort { ($0.created ?? 0, $0.id) < ($1.created ?? 0, $1.id) }
        return ConversationArchive(
            title: chat["title"]?.string ?? json["title"]?.string ?? "",
            created: microseconds(json["created_at"]?.double),
            tags: chat["tags"]?.array?.compactMap(\.string) ?? [], head: chat["history"]?["currentId"]?.string,
            entries: entries)
    }

    /// Of Unix seconds; `nil` for what is no date of this world.
    private static func microseconds(_ seconds: Double?) -> Int64? {
        guard let seconds, seconds > 0, seconds < 1e11 else { return nil }
        return Int64(seconds * 1e6)
    }
    private static func microseconds(_ text: String?) -> Int64? {
        text.flatMap { UnixTime(rfc3339: $0) }.map { $0.nanoseconds / 1_000 }
    }
}
