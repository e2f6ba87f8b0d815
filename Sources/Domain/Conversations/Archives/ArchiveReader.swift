public import JSONText

/// Reads conversations that this or another product exported.
public enum ArchiveReader {
    /// Finds out what it is and reads all of it, or nothing.
    ///
    /// - Parameter json: one conversation or an array of them: ours, ChatGPT's, Claude's or Open WebUI's.
    /// - Returns: the conversations, each a tree.
    /// - Throws: ``ArchiveError`` with the place of what is wrong.
    public static func read(_ json: JSONValue) throws(ArchiveError) -> [ConversationArchive] {
        let documents = json.array ?? json["conversations"]?.array ?? [json]
        guard !documents.isEmpty else { throw ArchiveError("", "The archive has no conversations.") }
        guard documents.count <= ConversationArchive.conversationsMax else {
            throw ArchiveError("", "The archive has more than \(ConversationArchive.conversationsMax) conversations.")
        }
        var archives: [ConversationArchive] = []
        for (index, document) in documents.enumerated() {
            let path = "conversations[\(index)]"
            var archive = try one(document, at: path)
            archive.entries = try archive.ordered(at: path)
            archive.title = String(decoding: archive.title.utf8.prefix(ConversationLimits.titleBytesMax), as: UTF8.self)
            archives.append(archive)
        }
        return archives
    }

    private static func one(_ json: JSONValue, at path: String) throws(ArchiveError) -> ConversationArchive {
        if json["format"]?.string == NexusArchive.format { return try NexusArchive.read(json, at: path) }
        if json["mapping"] != nil { return try ForeignArchives.chatGPT(json, at: path) }
        if json["chat_messages"] != nil { return try ForeignArchives.claude(json, at: path) }
        if json["chat"] != nil || json["history"] != nil { return try ForeignArchives.openWebUI(json, at: path) }
        throw ArchiveError(
            path, "is no conversation of Llama Nexus, ChatGPT, Claude or Open WebUI that is known here")
    }
}
