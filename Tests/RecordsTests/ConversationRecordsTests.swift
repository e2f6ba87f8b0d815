import Conversations
import JSONText
import Records
import Storage
import TestRandomness
import Testing
import Vocabulary

@Suite struct ConversationRecordsTests {
    private let owner = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_a"))
    private let stranger = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_b"))

    private func withRecords(_ backend: Backend, _ body: (ConversationRecords) async throws -> Void) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(ConversationRecords(database))
        }
    }

    private func moment(_ number: Int) -> ConversationMoment { ConversationMoment(microseconds: Int64(number) * 1000) }

    private func conversation(_ number: Int, _ change: (inout Conversation) -> Void = { _ in }) -> Conversation {
        var random = SeededRandom(seed: UInt64(number))
        var conversation = Conversation(
            id: ConversationID(at: moment(number), using: &random), owner: owner, title: "Talk \(number)",
            created: moment(number))
        change(&conversation)
        return conversation
    }

    private func message(
        _ number: Int, in conversation: Conversation, after parent: Message? = nil, _ text: String = "hello",
        role: ChatMessage.Role = .user
    ) -> Message {
        var random = SeededRandom(seed: UInt64(number) &+ 1_000_000)
        return Message(
            id: MessageID(at: moment(number), using: &random), conversation: conversation.id, parent: parent?.id,
            role: role, content: .string(text), created: moment(number))
    }

    @Test(arguments: Backend.allCases) func `a conversation comes back as it was kept, to its owner only`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            let kept = conversation(1) {
                $0.folder = "work/tea"
                $0.tags = ["a", "b\"c"]
                $0.isPinned = true
                $0.settings = ["temperature": 0.5, "model": "m"]
            }
            try await records.add(kept)
            #expect(try await records.find(kept.id, of: owner) == kept)
            #expect(try await records.find(kept.id, of: stranger) == nil)
            #expect(try await records.remove(kept.id, of: stranger) == false)
            #expect(try await records.list(ConversationFilter(), of: stranger).isEmpty)
            var changed = kept
            changed.title = "nul \u{0} gone"
            changed.revision = 2
            #expect(try await records.replace(changed, expecting: 1))
            #expect(try await records.replace(changed, expecting: 1) == false, "the second of two changes loses")
            #expect(try await records.find(kept.id, of: owner)?.title == "nul  gone")
            #expect(try await records.remove(kept.id, of: owner))
            #expect(try await records.find(kept.id, of: owner) == nil)
        }
    }

    @Test(arguments: Backend.allCases) func `a message comes back with everything that is known of it`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            let talk = conversation(1)
            try await records.add(talk)
            var kept = message(2, in: talk, "nul \u{0} \"quoted\"", role: .assistant)
            kept.reasoning = "because"
            kept.toolCalls = [["id": "call_1", "function": ["name": "f", "arguments": "{}"]]]
            kept.citations = [["url": "https://example.org"]]
            kept.feedback = Message.Feedback(rating: -1, comment: "no")
            kept.isPinned = true
            kept.model = "m"
            kept.usage = TokenUsage(promptTokens: 5, completionTokens: 7, cachedTokens: 3, reasoningTokens: 2)
            kept.report = ["timings": ["queue_ms": 1]]
            kept.request = "req_1"
            try await records.append(kept, of: owner)
            #expect(try await records.message(kept.id, of: owner) == kept)
            #expect(try await records.message(kept.id, of: stranger) == nil)
            let after = try #require(try await records.find(talk.id, of: owner))
            #expect(after.head == kept.id && after.revision == 2 && after.messageCount == 1)
            var edited = kept
            edited.content = "other"
            edited.revision = 2
            #expect(try await records.replace(edited, of: stranger, expecting: 1) == false)
            #expect(try await records.replace(edited, of: owner, expecting: 1))
            #expect(try await records.replace(edited, of: owner, expecting: 1) == false, "no edit is lost")
        }
    }

    @Test(arguments: Backend.allCases) func `messages go behind messages of the same conversation only`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            let (first, second) = (conversation(1), conversation(2))
            try await records.add(first)
            try await records.add(second)
            let elsewhere = message(3, in: second)
            try await records.append(elsewhere, of: owner)
            await #expect(throws: MessageRefusal.noParent) {
                try await records.append(message(4, in: first, after: elsewhere), of: owner)
            }
            await #expect(throws: MessageRefusal.noConversation) {
                try await records.append(message(5, in: first), of: stranger)
            }
        }
    }

    @Test(arguments: Backend.allCases) func `removing a message removes what follows it and moves the head`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            let talk = conversation(1)
            let question = message(2, in: talk)
            let first = message(3, in: talk, after: question)
            let second = message(4, in: talk, after: question)
            let last = message(5, in: talk, after: second)
            try await records.add(talk, messages: [question, first, second, last])
            #expect(try await records.removeSubtree(second.id, of: stranger) == 0)
            #expect(try await records.removeSubtree(second.id, of: owner) == 2)
            #expect(try await records.find(talk.id, of: owner)?.head == first.id)
            let tree = try await records.tree(talk.id, of: owner)
            #expect(tree.path(to: first.id) == [question.id, first.id] && tree.count == 2)
            #expect(try await records.tree(talk.id, of: stranger).count == 0)
        }
    }

    @Test(arguments: Backend.allCases) func `lists are by use, with folders, tags and titles`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            for number in 1...6 {
                try await records.add(
                    conversation(number) {
                        $0.folder = number.isMultiple(of: 2) ? "even" : ""
                        $0.tags = number > 4 ? ["late"] : []
                        $0.isArchived = number == 1
                        $0.isTemporary = number == 2
                        if number == 3 { $0.title = "100% of_it" }
                    })
            }
            func titles(_ filter: ConversationFilter) async throws -> [String] {
                try await records.list(filter, of: owner).map(\.title)
            }
            #expect(try await titles(ConversationFilter()) == ["Talk 6", "Talk 5", "Talk 4", "100% of_it"])
            #expect(try await titles(ConversationFilter(folder: "even")) == ["Talk 6", "Talk 4"])
            #expect(try await titles(ConversationFilter(tag: "late")) == ["Talk 6", "Talk 5"])
            #expect(try await titles(ConversationFilter(isArchived: true)) == ["Talk 1"])
            #expect(try await titles(ConversationFilter(title: "0% OF_")) == ["100% of_it"])
            #expect(try await titles(ConversationFilter(title: "_")) == ["100% of_it"])
            #expect(try await titles(ConversationFilter(before: moment(5), countMax: 1)) == ["Talk 4"])
            let groups = try await records.groups(of: owner)
            #expect(groups == ConversationGroups(folders: ["even": 2], tags: ["late": 2]))
            #expect(try await records.removeTemporary(usedBefore: moment(100)) == 1)
        }
    }

    @Test(arguments: Backend.allCases) func `search finds words of one's own finished messages`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            let talk = conversation(1) { $0.tags = ["geo"] }
            try await records.add(talk)
            let question = message(2, in: talk, "Where does the Danube rise?")
            try await records.append(question, of: owner)
            var answer = message(3, in: talk, after: question, "", role: .assistant)
            answer.status = .writing
            answer.model = "m"
            try await records.append(answer, of: owner)
            func found(_ text: String, _ change: (inout MessageQuery) -> Void = { _ in }) async throws -> [MessageID] {
                var query = MessageQuery(text)
                change(&query)
                return try await records.search(query, of: owner).map(\.message)
            }
            #expect(try await found("donaueschingen").isEmpty)
            answer.content = "The Danube rises near Donaueschingen."
            answer.status = .complete
            answer.revision = 2
            #expect(try await records.replace(answer, of: owner, expecting: 1))
            #expect(try await found("donaueschingen") == [answer.id])
            #expect(try await found("danube") == [answer.id, question.id], "newest first")
            #expect(try await found("danube ris") == [answer.id, question.id], "the last word may be unfinished")
            #expect(try await found("dan rise").isEmpty)
            #expect(try await found("danube") { $0.model = "m" } == [answer.id])
            #expect(try await found("danube") { $0.role = "user" } == [question.id])
            #expect(try await found("danube") { $0.until = moment(3) } == [question.id])
            #expect(try await found("danube") { $0.tag = "geo" }.count == 2)
            #expect(try await found("danube") { $0.hasAttachments = true }.isEmpty)
            #expect(try await records.search(MessageQuery("danube"), of: stranger).isEmpty)
            let hit = try #require(try await records.search(MessageQuery("rises"), of: owner).first)
            #expect(hit.excerpt.contains("\u{2}rises\u{3}") && hit.title == "Talk 1")
            // What people type is no query language.
            for text in ["\"", "danube\" OR", "* AND (", "'; DROP TABLE messages", "body : x", "ä:*", "", "\u{0}"] {
                _ = try await found(text)
            }
            #expect(try await records.removeSubtree(answer.id, of: owner) == 1)
            #expect(try await found("donaueschingen").isEmpty)
        }
    }

    @Test(arguments: Backend.allCases) func `answers that a process left unfinished are settled with what they had`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            let talk = conversation(1)
            try await records.add(talk)
            var answer = message(2, in: talk, "half an ans", role: .assistant)
            answer.status = .writing
            try await records.append(answer, of: owner)
            #expect(try await records.settleWriting() == 1)
            #expect(try await records.settleWriting() == 0)
            #expect(try await records.message(answer.id, of: owner)?.status == .stopped)
            #expect(try await records.search(MessageQuery("half"), of: owner).count == 1)
        }
    }

    @Test(arguments: Backend.allCases) func `a share link is found by its digest until it is removed`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records in
            let talk = conversation(1)
            let only = message(2, in: talk)
            try await records.add(talk, messages: [only])
            let link = ShareLink(
                id: "share_1", conversation: talk.id, leaf: only.id, digest: String(repeating: "a", count: 64),
                title: "For readers", created: moment(3), expires: moment(9))
            let plain = ShareLink(
                id: "share_2", conversation: talk.id, leaf: only.id, digest: String(repeating: "b", count: 64),
                created: moment(2), expires: nil)
            await #expect(throws: MessageRefusal.noConversation) { try await records.add(link, of: stranger) }
            try await records.add(link, of: owner)
            try await records.add(plain, of: owner)
            #expect(try await records.shares(of: talk.id, owner: owner) == [link, plain])
            #expect(try await records.shares(of: talk.id, owner: stranger).isEmpty)
            let found = try #require(try await records.share(digest: link.digest))
            #expect(found.link == link && found.owner == owner)
            #expect(link.isValid(at: moment(8)) && !link.isValid(at: moment(9)))
            #expect(try await records.removeShare("share_1", of: stranger) == false)
            #expect(try await records.removeShare("share_1", of: owner))
            #expect(try await records.share(digest: link.digest) == nil)
        }
    }
}
