import Conversations
import JSONText
import Testing
import Vocabulary

@Suite struct ArchiveTests {
    private func read(_ text: String) throws -> [ConversationArchive] {
        try ArchiveReader.read(try JSONValue.parse(text))
    }

    @Test func `chatGPT's tree is read with its branches, without its empty nodes`() throws {
        let archive = try #require(
            try read(
                """
                [{"title": "Tea", "create_time": 1700000000.5, "current_node": "d", "mapping": {
                  "a": {"id": "a", "parent": null, "message": null},
                  "s": {"id": "s", "parent": "a", "message": {"author": {"role": "system"}, "content": {"parts": [""]}}},
                  "b": {"id": "b", "parent": "s", "message": {"author": {"role": "user"}, "create_time": 1,
                        "content": {"content_type": "text", "parts": ["Green or black?"]}}},
                  "c": {"id": "c", "parent": "b", "message": {"author": {"role": "assistant"}, "create_time": 2,
                        "content": {"parts": ["Green."]}, "metadata": {"model_slug": "gpt-4o"}}},
                  "d": {"id": "d", "parent": "b", "message": {"author": {"role": "assistant"}, "create_time": 3,
                        "content": {"parts": ["Black."]}}}}}]
                """
            ).first)
        #expect(archive.title == "Tea" && archive.created == 1_700_000_000_500_000 && archive.head == "d")
        #expect(archive.entries.map(\.id) == ["b", "c", "d"])
        #expect(archive.entries.map(\.parent) == [nil, "b", "b"])
        #expect(archive.entries[1].model == "gpt-4o")
    }

    @Test func `claude's line of messages is read with its thinking`() throws {
        let archive = try #require(
            try read(
                """
                {"name": "Hats", "created_at": "2026-05-01T10:00:00.250000Z", "chat_messages": [
                  {"uuid": "1", "sender": "human", "text": "Why?", "created_at": "2026-05-01T10:00:01Z"},
                  {"uuid": "2", "sender": "assistant", "content": [{"type": "thinking", "thinking": "hm"},
                   {"type": "text", "text": "Because."}]}]}
                """
            ).first)
        #expect(archive.entries.map(\.role) == ["user", "assistant"])
        #expect(archive.entries[1].parent == "1" && archive.entries[1].reasoning == "hm")
        #expect(archive.created == 1_777_629_600_250_000)
        #expect(archive.entries.map(\.created) == [1_777_629_601_000_000, nil])
    }

    @Test func `open WebUI's history is read`() throws {
        let archive = try #require(
            try read(
                """
                [{"chat": {"title": "Maps", "tags": ["geo"], "history": {"currentId": "y", "messages": {
                  "y": {"id": "y", "parentId": "x", "role": "assistant", "content": "North.", "timestamp": 9, "model": "m"},
                  "x": {"id": "x", "parentId": null, "role": "user", "content": "Where?", "timestamp": 5}}}}}]
                """
            ).first)
        #expect(archive.entries.map(\.id) == ["x", "y"] && archive.head == "y" && archive.tags == ["geo"])
    }

    @Test func `what is written is read again`() throws {
        let (conversation, messages) = Samples.branched
        let archive = try #require(try ArchiveReader.read(NexusArchive.write(conversation, messages)).first)
        #expect(archive.title == conversation.title && archive.head == conversation.head?.text)
        #expect(archive.entries.map(\.id) == messages.map(\.id.text))
        #expect(archive.entries.map(\.content) == messages.map(\.content))
    }

    @Test(arguments: [
        ("[]", "no conversations"),
        ("{}", "no conversation of"),
        ("[1]", "no conversation of"),
        (#"{"mapping": []}"#, "mapping: is no object"),
        (#"{"chat_messages": [{"text": "x"}]}"#, "chat_messages[0].sender"),
        (#"{"format": "llama-nexus.conversation", "version": 2, "messages": []}"#, "version"),
        (
            #"{"format": "llama-nexus.conversation", "version": 1, "messages": [{"id": "a", "role": "user"}, {"id": "a", "role": "user"}]}"#,
            "stands twice"
        ),
        (
            #"{"format": "llama-nexus.conversation", "version": 1, "messages": [{"id": "a", "role": "user", "parent": "z"}]}"#,
            "there is no message 'z'"
        ),
        (
            #"{"format": "llama-nexus.conversation", "version": 1, "messages": [{"id": "a", "role": "user", "parent": "b"}, {"id": "b", "role": "user", "parent": "a"}]}"#,
            "circle"
        ),
    ])
    func `a broken archive is refused with the place`(text: String, problem: String) throws {
        let error = #expect(throws: ArchiveError.self) { try read(text) }
        #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    }

    @Test func `markdown names who speaks and keeps titles to one line`() {
        let (conversation, messages) = Samples.branched
        var titled = conversation
        titled.title = "Two\n# lines"
        let text = MarkdownTranscript.write(title: titled.title, [messages[0], messages[1]])
        #expect(text.hasPrefix("# Two # lines\n"))
        #expect(text.contains("## You\n\nQuestion") && text.contains("## tiny\n\n"))
        #expect(text.contains("<details><summary>Thinking</summary>\n\nwell"))
    }
}
