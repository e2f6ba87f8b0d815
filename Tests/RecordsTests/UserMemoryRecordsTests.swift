import Conversations
import JSONText
import Records
import Storage
import TestRandomness
import Testing
import Vocabulary

@Suite struct UserMemoryRecordsTests {
    private let owner = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_a"))
    private let stranger = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_b"))
    /// The same name in another tenant.
    private let namesake = ConversationOwner(tenant: TenantID("u"), user: UserID("usr_a"))

    private func withRecords(_ backend: Backend, _ body: (UserMemoryRecords, Database) async throws -> Void)
        async throws
    {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(UserMemoryRecords(database), database)
        }
    }

    private func moment(_ number: Int) -> ConversationMoment { ConversationMoment(microseconds: Int64(number) * 1000) }

    private func memory(
        _ number: Int, _ text: String, _ statement: (String, String, String)? = nil, of owner: ConversationOwner? = nil
    ) -> UserMemory {
        var random = SeededRandom(seed: UInt64(number))
        return UserMemory(
            id: MemoryID(at: moment(number), using: &random), owner: owner ?? self.owner, text: text,
            statement: statement.map { .init(subject: $0.0, predicate: $0.1, object: $0.2) }, created: moment(number))
    }

    private func remember(_ memory: UserMemory, _ records: UserMemoryRecords, countMax: Int = 100) async throws
        -> RememberOutcome
    { try await records.remember(memory, .new, countMax: countMax) }

    @Test(arguments: Backend.allCases) func `a memory comes back as it was kept, to its owner only`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            var kept = memory(1, "Likes \"tea\".", ("user", "likes", "tea"))
            kept.isPinned = true
            kept.confidence = 0.6
            kept.origin = .model
            let outcome = try await remember(kept, records)
            #expect(outcome == RememberOutcome(memory: kept, closed: [], isNew: true))
            #expect(try await records.memory(kept.id, of: owner) == kept)
            for other in [stranger, namesake] {
                #expect(try await records.memory(kept.id, of: other) == nil)
                #expect(try await records.memories(MemoryFilter(state: .all), of: other).isEmpty)
                #expect(try await records.history(of: kept.id, owner: other).isEmpty)
                #expect(try await records.forget(.all, of: other).isEmpty)
                #expect(try await records.replace(memory(1, "x", of: other), expecting: 1) == false)
            }
            #expect(try await records.forget(.one(kept.id), of: owner) == [kept.id])
            #expect(try await records.memory(kept.id, of: owner) == nil)
        }
    }

    @Test(arguments: Backend.allCases) func `what is true now ends what was, and its history stays`(
        backend: Backend
    ) async throws {
        try await withRecords(backend) { records, _ in
            let berlin = memory(1, "Lives in Berlin.", ("user", "lives in", "Berlin"))
            let paris = memory(2, "Lives in Paris.", ("user", "lives in", "Paris"))
            let rome = memory(3, "Lives in Rome.", ("user", "lives in", "Rome"))
            for one in [berlin, paris, rome] { _ = try await remember(one, records) }
            #expect(try await records.memories(MemoryFilter(), of: owner).map(\.id) == [rome.id])
            let past = try await records.memories(MemoryFilter(state: .past), of: owner)
            #expect(past.map(\.id) == [paris.id, berlin.id] && past.map(\.validTo) == [moment(3), moment(2)])
            let history = try await records.history(of: paris.id, owner: owner)
            #expect(history.map(\.text) == ["Lives in Berlin.", "Lives in Paris.", "Lives in Rome."])
            #expect(history.map(\.replacedBy) == [paris.id, rome.id, nil])
            let again = try await remember(memory(4, "lives in ROME"), records)
            #expect(!again.isNew && again.memory.id == rome.id)
        }
    }

    @Test(arguments: Backend.allCases) func `what is replaced must be true, and one's own`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { records, _ in
            let old = memory(1, "Has a cat.")
            _ = try await remember(old, records)
            var next = memory(2, "Has two cats.")
            next.replaces = old.id
            #expect(try await remember(next, records).closed == [old.id])
            var late = memory(3, "Has three cats.")
            late.replaces = old.id
            await #expect(throws: MemoryRefusal.nothingToReplace) {
                try await records.remember(late, .new, countMax: 9)
            }
            var foreign = memory(4, "Has none.", of: stranger)
            foreign.replaces = next.id
            await #expect(throws: MemoryRefusal.nothingToReplace) {
                try await records.remember(foreign, .new, countMax: 9)
            }
        }
    }

    @Test(arguments: Backend.allCases) func `contexts do not know what others remember`(backend: Backend) async throws {
        try await withRecords(backend) { records, database in
            var random = SeededRandom(seed: 9)
            let space = ContextSpace(
                id: ContextID(at: moment(1), using: &random), owner: owner, name: "Work", created: moment(1))
            try await SpaceRecords(database).add(space)
            let outside = memory(2, "Lives in Berlin.", ("user", "lives in", "Berlin"))
            var inside = memory(3, "Lives in Paris.", ("user", "lives in", "Paris"))
            inside.context = space.id
            _ = try await remember(outside, records)
            #expect(try await remember(inside, records).closed.isEmpty, "another world")
            #expect(try await records.memories(MemoryFilter(space: .one(space.id)), of: owner).map(\.id) == [inside.id])
            #expect(try await records.memories(MemoryFilter(space: .outside), of: owner).map(\.id) == [outside.id])
            var theirs = memory(4, "x", of: stranger)
            theirs.context = space.id
            await #expect(throws: MemoryRefusal.noContext) { try await records.remember(theirs, .new, countMax: 9) }
            #expect(try await records.forget(.space(space.id), of: owner) == [inside.id])
        }
    }

    @Test(arguments: Backend.allCases) func `the longest unused make room, pinned ones never`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { records, _ in
            var first = memory(1, "First.")
            first.isPinned = true
            _ = try await remember(first, records, countMax: 3)
            for number in 2...5 { _ = try await remember(memory(number, "Number \(number)."), records, countMax: 3) }
            let left = try await records.memories(MemoryFilter(state: .all), of: owner).map(\.text)
            #expect(left == ["Number 5.", "Number 4.", "First."])
            var pinned = memory(6, "Also.")
            pinned.isPinned = true
            _ = try await remember(pinned, records, countMax: 2)
            await #expect(throws: MemoryRefusal.full) {
                try await records.remember(memory(7, "No room."), .new, countMax: 2)
            }
        }
    }

    @Test(arguments: Backend.allCases) func `what nobody uses is forgotten as its user says`(backend: Backend)
        async throws
    {
        try await withRecords(backend) { records, _ in
            let day = 86_400_000
            var pinned = memory(1, "Pinned.")
            pinned.isPinned = true
            let (unused, used) = (memory(2, "Unused."), memory(3, "Used."))
            let other = memory(4, "Of somebody who keeps for ever.", of: stranger)
            for one in [pinned, unused, used, other] { _ = try await remember(one, records) }
            try await records.set(MemorySettings(keepDays: nil), of: stranger)
            try await records.noteUse(of: [used.id, other.id], owner: owner, at: moment(20 * day))
            #expect(try await records.memory(used.id, of: owner)?.useCount == 1)
            #expect(try await records.memory(other.id, of: stranger)?.useCount == 0, "another's")
            #expect(try await records.prune(at: moment(29 * day), keeping: .seconds(30 * 86_400)) == 0)
            #expect(try await records.prune(at: moment(31 * day), keeping: .seconds(30 * 86_400)) == 1)
            #expect(try await records.memory(unused.id, of: owner) == nil)
            try await records.set(MemorySettings(keepDays: 5), of: owner)
            #expect(try await records.prune(at: moment(31 * day), keeping: nil) == 1)
            #expect(try await records.memories(MemoryFilter(), of: owner).map(\.id) == [pinned.id])
            #expect(try await records.memory(other.id, of: stranger) != nil)
        }
    }

    @Test(arguments: Backend.allCases) func `history stays as long as what it led to`(backend: Backend) async throws {
        try await withRecords(backend) { records, _ in
            let day = 86_400_000
            _ = try await remember(memory(1, "Lives in Berlin.", ("user", "lives in", "Berlin")), records)
            let now = memory(2, "Lives in Paris.", ("user", "lives in", "Paris"))
            _ = try await remember(now, records)
            try await records.noteUse(of: [now.id], owner: owner, at: moment(40 * day))
            #expect(try await records.prune(at: moment(41 * day), keeping: .seconds(30 * 86_400)) == 0)
            #expect(try await records.history(of: now.id, owner: owner).count == 2)
        }
    }

    @Test(arguments: Backend.allCases) func `wishes and vectors come back`(backend: Backend) async throws {
        try await withRecords(backend) { records, _ in
            #expect(try await records.settings(of: owner) == nil)
            var wishes = MemorySettings(keepDays: 7)
            wishes.learns = true
            wishes.isUsed = false
            wishes.model = "m"
            wishes.budgetTokens = 99
            wishes.revision = 3
            try await records.set(wishes, of: owner)
            try await records.set(wishes, of: owner)
            #expect(try await records.settings(of: owner) == wishes)
            let (mine, theirs) = (memory(1, "Mine."), memory(2, "Theirs.", of: stranger))
            for one in [mine, theirs] { _ = try await remember(one, records) }
            #expect(try await records.unread(countMax: 9, without: []).map(\.id) == [mine.id], "of one owner")
            #expect(try await records.unread(countMax: 9, without: [owner]).map(\.id) == [theirs.id])
            try await records.write([(id: mine.id, bytes: [1, 2])], model: 5)
            #expect(try await records.vectors(of: owner, model: 5) == [mine.id: [1, 2]])
            #expect(try await records.vectors(of: owner, model: 6).isEmpty)
            #expect(try await records.vectors(of: stranger, model: 5).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases) func `numbers are of what is there`(backend: Backend) async throws {
        try await withRecords(backend) { records, database in
            let talks = ConversationRecords(database)
            #expect(try await records.statistics(of: owner).conversationCount == 0)
            var random = SeededRandom(seed: 3)
            let space = ContextSpace(
                id: ContextID(at: moment(1), using: &random), owner: owner, name: "Work", created: moment(1))
            try await SpaceRecords(database).add(space)
            for (number, text) in ["This is great, thanks!", "That is wrong.", "The sky is blue."].enumerated() {
                let talk = Conversation(
                    id: ConversationID(at: moment(number), using: &random), owner: owner,
                    context: number == 0 ? space.id : nil, created: moment(0))
                try await talks.add(talk)
                try await talks.append(
                    Message(
                        id: MessageID(at: moment(number), using: &random), conversation: talk.id, parent: nil,
                        role: .user, content: .string(text), created: moment(4_000)), of: owner)
            }
            _ = try await remember(memory(1, "Likes tea."), records)
            let found = try await records.statistics(of: owner)
            #expect(found.memoryCount == 1 && found.validCount == 1 && found.byKind == [.fact: 1])
            #expect(found.conversationCount == 3 && found.messageCount == 3)
            #expect(Set(found.spaces.map(\.name)) == ["Work", nil])
            #expect(found.sentiments == [.positive: 1, .negative: 1, .unknown: 1] && found.sentimentMessageCount == 3)
            #expect(found.durationMean == .seconds(4) && found.textBytes == 52)
        }
    }
}
