import Conversations
import JSONText
import Records
import Storage
import TestRandomness
import Testing
import Vocabulary

@Suite struct ContextRecordsTests {
    private let owner = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_a"))
    private let stranger = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_b"))

    private func withDatabases(
        _ backend: Backend, _ body: (Database, ConversationRecords) async throws -> Void
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(database, ConversationRecords(database))
        }
    }

    private func moment(_ number: Int) -> ConversationMoment { ConversationMoment(microseconds: Int64(number) * 1000) }

    private func id(_ number: Int) -> MessageID {
        var random = SeededRandom(seed: UInt64(number) &+ 1_000_000)
        return MessageID(at: moment(number), using: &random)
    }

    private func talk(_ number: Int, _ change: (inout Conversation) -> Void = { _ in }) -> Conversation {
        var random = SeededRandom(seed: UInt64(number))
        var talk = Conversation(
            id: ConversationID(at: moment(number), using: &random), owner: owner, created: moment(number))
        change(&talk)
        return talk
    }

    private func message(
        _ number: Int, in talk: Conversation, _ text: String, after parent: MessageID? = nil
    ) -> Message {
        Message(
            id: id(number), conversation: talk.id, parent: parent, role: .user, content: .string(text),
            created: moment(number))
    }

    private func cut(_ number: Int, _ talk: Conversation, through: Int, isActive: Bool) -> ContextCut {
        ContextCut(
            id: "cut_\(number)", conversation: talk.id,
            ContextPlan.NewCut(
                through: id(through), kept: [id(1)], dropped: [id(2)], shortened: [id(3): 40], summarised: [],
                summaryTokens: 9),
            summary: ContextCut.Summary(text: "Tea \"was\" drunk.\n\u{0}", tokens: 7, model: "m", messages: 4),
            isActive: isActive, created: moment(number))
    }

    @Test(arguments: Backend.allCases) func `cuts, wishes and summaries come back, and go with their conversation`(
        backend: Backend
    ) async throws {
        try await withDatabases(backend) { database, records in
            let talk = talk(1)
            try await records.add(talk)
            #expect(try await records.contextWish(of: talk.id).isEmpty)
            let wish = try ContextWish(JSONField(["mode": "truncate", "budget_tokens": 500, "cut_to": 0.5]))
            try await records.setContextWish(ContextWish(), of: talk.id)
            try await records.setContextWish(wish, of: talk.id)
            #expect(try await records.contextWish(of: talk.id) == wish)
            var second = cut(20, talk, through: 9, isActive: false)
            try await records.keep(cut(10, talk, through: 5, isActive: true))
            try await records.keep(second)
            second.isActive = true
            try await records.keep(second)
            #expect(try await records.cuts(of: talk.id) == [second, cut(10, talk, through: 5, isActive: true)])
            #expect(try await records.removeCuts(of: talk.id, through: id(6)) == 1, "the one that decides on it")
            #expect(try await records.cuts(of: talk.id).map(\.id) == ["cut_10"])
            let summary = ConversationSummary(text: "s", model: "m", through: id(5), created: moment(6))
            try await records.setSummary(summary, of: talk.id)
            #expect(try await records.summary(of: talk.id) == summary)
            try await records.keep(TurnNote(text: "n", sources: []), of: id(5), in: talk.id)
            #expect(try await records.remove(talk.id, of: owner))
            for table in ["conversation_cuts", "conversation_wishes", "conversation_summaries", "message_notes"] {
                #expect(try await database.query("SELECT * FROM \(table)").isEmpty, "\(table)")
            }
        }
    }

    @Test(arguments: Backend.allCases) func `a note stays as it was first, until its source is forgotten`(
        backend: Backend
    ) async throws {
        try await withDatabases(backend) { _, records in
            let talk = talk(1)
            try await records.add(talk)
            let note = TurnNote(
                text: "Likes tea.", sources: [["type": "memory", "id": "mem_1", "score": 0.5], ["id": "mem_%"]])
            try await records.keep(note, of: id(2), in: talk.id)
            try await records.keep(TurnNote(text: "other", sources: []), of: id(2), in: talk.id)
            try await records.keep(TurnNote(text: "third", sources: [["id": "mem_11"]]), of: id(3), in: talk.id)
            #expect(try await records.notes(of: [id(1), id(2)]) == [id(2): note])
            #expect(try await records.removeNotes(holding: "mem_1", of: stranger) == 0)
            #expect(try await records.removeNotes(holding: "mem_1", of: owner) == 1, "not that of mem_11")
            #expect(try await records.notes(of: [id(2), id(3)]).keys.sorted() == [id(3)])
        }
    }

    @Test(arguments: Backend.allCases) func `the importance of a message comes back`(backend: Backend) async throws {
        try await withDatabases(backend) { _, records in
            let talk = talk(1)
            try await records.add(talk)
            for (number, importance) in MessageImportance.allCases.enumerated() {
                var message = message(number + 2, in: talk, "x")
                message.importance = importance
                try await records.append(message, of: owner)
                #expect(try await records.message(message.id, of: owner)?.importance == importance)
            }
        }
    }

    @Test(arguments: Backend.allCases) func `scripts without spaces are found by any part of a sentence`(
        backend: Backend
    ) async throws {
        try await withDatabases(backend) { database, records in
            let talk = talk(1)
            try await records.add(talk)
            let texts = [
                "我喜欢喝绿茶，也喜欢咖啡。", "京都で抹茶を飲みました。", "ฉันชอบดื่มชาเขียว", "녹차를 마셨습니다", "Green tea 绿茶 and 红茶",
                "nothing here",
            ]
            for (index, text) in texts.enumerated() {
                try await records.append(message(index + 2, in: talk, text), of: owner)
            }
            func found(_ text: String) async throws -> [Int] {
                let hits = try await records.search(MessageQuery(text), of: owner)
                return hits.compactMap { hit in texts.indices.first { id($0 + 2) == hit.message } }
            }
            #expect(try await found("绿茶") == [4, 0], "newest first")
            #expect(try await found("茶") == [4, 1, 0])
            #expect(try await found("茶绿").isEmpty, "in this order only")
            #expect(try await found("喝绿茶") == [0])
            #expect(try await found("飲みました") == [1])
            #expect(try await found("抹茶") == [1])
            #expect(try await found("ดื่มชา") == [2])
            #expect(try await found("녹차") == [3])
            #expect(try await found("green 红茶") == [4])
            #expect(try await found("green 抹茶").isEmpty)
            #expect(try await found("咖啡") == [0])
            #expect(try await found("茶' & \"x:*") == [])
            let hit = try #require(try await records.search(MessageQuery("绿茶"), of: owner).last)
            #expect(hit.excerpt.contains("\u{2}绿茶\u{3}"))
            // A change and a removal leave nothing behind.
            var changed = try #require(try await records.message(id(2), of: owner))
            changed.content = "我喜欢牛奶"
            changed.revision = 2
            #expect(try await records.replace(changed, of: owner, expecting: 1))
            #expect(try await found("绿茶") == [4])
            #expect(try await found("牛奶") == [0])
            #expect(try await records.removeSubtree(id(6), of: owner) == 1)
            #expect(try await found("绿茶") == [])
            // What was there before the index knew such scripts.
            try await database.execute("UPDATE messages SET grams = NULL WHERE id = $1", [.text(id(7).text)])
            #expect(try await records.fillGrams() == 1)
            #expect(try await records.fillGrams() == 0)
        }
    }

    @Test(arguments: Backend.allCases) func `only answers of writers that have ended are settled`(backend: Backend)
        async throws
    {
        try await withDatabases(backend) { database, _ in
            let (mine, other) = (
                ConversationRecords(database, writer: "me"), ConversationRecords(database, writer: "other")
            )
            let talk = talk(1)
            try await mine.add(talk)
            for (number, records) in [(2, mine), (3, other), (4, ConversationRecords(database))] {
                var answer = message(number, in: talk, "half")
                answer.status = .writing
                try await records.append(answer, of: owner)
            }
            try await mine.beat("me")
            try await mine.beat("me")
            #expect(try await mine.beats() == ["me": 2, "other": 0, "": 0])
            #expect(try await mine.settleWriting(of: []) == 0)
            #expect(try await mine.settleWriting(of: ["other", ""]) == 2)
            #expect(try await mine.message(id(2), of: owner)?.status == .writing)
            #expect(try await mine.message(id(3), of: owner)?.status == .stopped)
            try await mine.forgetWriters(["me"])
            #expect(try await mine.beats() == ["me": 0])
        }
    }

    @Test(arguments: Backend.allCases) func `what its class keeps no longer goes, and nothing that is pinned`(
        backend: Backend
    ) async throws {
        try await withDatabases(backend) { _, records in
            try await records.add(talk(1) { $0.isTemporary = true })
            try await records.add(talk(2) { $0.isArchived = true })
            try await records.add(
                talk(3) {
                    $0.isArchived = true
                    $0.isPinned = true
                })
            try await records.add(talk(4))
            let pinned = talk(5)
            try await records.add(pinned)
            var kept = message(6, in: pinned, "keep me")
            kept.isPinned = true
            try await records.append(kept, of: owner)
            var said = message(8, in: talk(4), "I say \"is_pinned\":true")
            said.importance = .high
            try await records.append(said, of: owner)
            try await records.add(talk(900))
            let limit = moment(100)
            #expect(
                try await records.expired(.archived, usedBefore: limit) == ExpiredCount(count: 1, oldest: moment(2)))
            #expect(
                try await records.expired(.conversations, usedBefore: limit)
                    == ExpiredCount(count: 1, oldest: moment(8)))
            #expect(try await records.expired(.temporary, usedBefore: moment(1)).count == 0)
            #expect(try await records.removeExpired(.conversations, usedBefore: limit, countMax: 0) == 0)
            #expect(try await records.removeExpired(.conversations, usedBefore: limit, countMax: 10) == 1)
            #expect(try await records.removeExpired(.archived, usedBefore: limit, countMax: 10) == 1)
            #expect(try await records.removeExpired(.temporary, usedBefore: limit, countMax: 10) == 1)
            #expect(try await records.removeExpired(.conversations, usedBefore: limit, countMax: 10) == 0)
            #expect(try await records.find(pinned.id, of: owner) != nil)
            #expect(try await records.message(said.id, of: owner) == nil)
            #expect(try await records.list(ConversationFilter(isArchived: true), of: owner).map(\.id) == [talk(3).id])
        }
    }
}
