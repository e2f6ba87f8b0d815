import Conversations
import JSONText
import Records
import Storage
import TestRandomness
import Testing
import Vectors
import Vocabulary

@Suite struct MeaningRecordsTests {
    private let owner = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_a"))
    private let stranger = ConversationOwner(tenant: TenantID("t"), user: UserID("usr_b"))

    private struct Parts {
        var talks: ConversationRecords
        var meaning: MeaningRecords
        var spaces: SpaceRecords
        var memories: UserMemoryRecords
    }

    private func withParts(_ backend: Backend, _ body: (Parts) async throws -> Void) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            try await body(
                Parts(
                    talks: ConversationRecords(database), meaning: MeaningRecords(database),
                    spaces: SpaceRecords(database), memories: UserMemoryRecords(database)))
        }
    }

    private func moment(_ number: Int) -> ConversationMoment { ConversationMoment(microseconds: Int64(number) * 1000) }

    private func talk(
        _ number: Int, of owner: ConversationOwner? = nil, context: ContextID? = nil, isTemporary: Bool = false
    ) -> Conversation {
        var random = SeededRandom(seed: UInt64(number))
        return Conversation(
            id: ConversationID(at: moment(number), using: &random), owner: owner ?? self.owner, title: "Talk \(number)",
            isTemporary: isTemporary, context: context, created: moment(number))
    }

    private func message(
        _ number: Int, in talk: Conversation, _ text: String = "hello", role: ChatMessage.Role = .user,
        after parent: Message? = nil
    ) -> Message {
        var random = SeededRandom(seed: UInt64(number) &+ 1_000_000)
        return Message(
            id: MessageID(at: moment(number), using: &random), conversation: talk.id, parent: parent?.id, role: role,
            content: .string(text), created: moment(number))
    }

    private func space(_ number: Int) -> ContextSpace {
        var random = SeededRandom(seed: UInt64(number) &+ 7)
        return ContextSpace(
            id: ContextID(at: moment(number), using: &random), owner: owner, name: "Space \(number)",
            created: moment(number))
    }

    private func vector(_ seed: UInt64) throws -> QuantizedVector {
        var random = SeededRandom(seed: seed)
        return QuantizedVector(
            try #require(UnitVector((0..<32).map { _ in Float.random(in: -1...1, using: &random) })))
    }

    private func claim(
        _ parts: Parts, at number: Int = 1_000_000, tasks: [MeaningRecords.Waiting.Task] = [.vectors]
    ) async throws -> [MeaningRecords.Waiting] {
        try await parts.meaning.claim(at: moment(number), lease: .seconds(60), countMax: 100, tasks: tasks)
    }

    /// Gives every waiting text of the owner a vector of its own.
    private func index(_ parts: Parts, model: Int64, seed: UInt64 = 1) async throws {
        let waiting = try await claim(parts)
        guard let first = waiting.first else { return }
        let texts = try await parts.meaning.texts(of: waiting.map(\.item), without: model)
        var pieces: [String: [MeaningRecords.Piece]] = [:]
        for (number, item) in waiting.map(\.item).enumerated() {
            guard let text = texts[item] else { continue }
            let place = TextChunks.places(in: text)[0]
            pieces[item] = [.init(place: place, vector: try vector(seed + UInt64(number)))]
        }
        try await parts.meaning.write(pieces, of: texts, model: model, owner: first.owner)
        try await parts.meaning.finish(waiting)
    }

    @Test(arguments: Backend.allCases) func `a message waits from the moment that it is complete`(backend: Backend)
        async throws
    {
        try await withParts(backend) { parts in
            let talk = talk(1)
            try await parts.talks.add(talk)
            let question = message(2, in: talk, "Where is the Danube?")
            try await parts.talks.append(question, of: owner)
            var answer = message(3, in: talk, "", role: .assistant, after: question)
            answer.status = .writing
            try await parts.talks.append(answer, of: owner)
            try await parts.talks.append(message(4, in: talk, "be kind", role: .system, after: answer), of: owner)
            #expect(try await claim(parts).map(\.item) == [question.id.text])
            #expect(try await claim(parts).isEmpty, "it is somebody's until the lease ends")
            let again = try await claim(parts, at: 1_100_000)
            #expect(again.map(\.attempts) == [2] && again[0].owner == owner)
            try await parts.meaning.finish(again)
            answer.content = "In Europe."
            answer.status = .complete
            answer.revision = 2
            #expect(try await parts.talks.replace(answer, of: owner, expecting: 1))
            #expect(try await claim(parts).map(\.item) == [answer.id.text])
        }
    }

    @Test(arguments: Backend.allCases) func `temporary conversations wait for nothing`(backend: Backend) async throws {
        try await withParts(backend) { parts in
            let talk = talk(1, isTemporary: true)
            try await parts.talks.add(talk)
            try await parts.talks.append(message(2, in: talk), of: owner)
            #expect(try await claim(parts).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases) func `vectors are found, by their owner only`(backend: Backend) async throws {
        try await withParts(backend) { parts in
            let talk = talk(1)
            try await parts.talks.add(talk)
            let (first, second) = (message(2, in: talk, "one"), message(3, in: talk, "two"))
            try await parts.talks.append(first, of: owner)
            try await parts.talks.append(second, of: owner)
            let model = try await parts.meaning.use(model: "m", name: "embed")
            try await index(parts, model: model)
            var table = MeaningTable()
            try await parts.meaning.read(into: &table, of: owner, model: model)
            #expect(table.count == 2)
            let match = try #require(table.nearest(try vector(2), countMax: 1).first)
            let query = MessageQuery("")
            let places = try await parts.meaning.places(of: [match.row], query, of: owner)
            #expect(places.map(\.item) == [second.id.text])
            let hits = try await parts.meaning.hits([(message: second.id, place: places[0].place)], of: owner)
            #expect(hits.map(\.excerpt) == ["two"] && hits[0].title == "Talk 1")
            #expect(try await parts.meaning.places(of: [match.row], query, of: stranger).isEmpty)
            #expect(try await parts.meaning.hits([(message: second.id, place: places[0].place)], of: stranger).isEmpty)
            var none = MeaningTable()
            try await parts.meaning.read(into: &none, of: stranger, model: model)
            #expect(none.count == 0)
            let state = try await parts.meaning.state(of: owner, model: model, name: "embed")
            #expect(state == MeaningState(model: "embed", indexedCount: 2, pendingCount: 0))
        }
    }

    @Test(arguments: Backend.allCases) func `filters hold for meanings, too`(backend: Backend) async throws {
        try await withParts(backend) { parts in
            let space = space(1)
            try await parts.spaces.add(space)
            let (inside, outside) = (talk(2, context: space.id), talk(3))
            try await parts.talks.add(inside)
            try await parts.talks.add(outside)
            let (first, second) = (message(4, in: inside, "in"), message(5, in: outside, "out", role: .assistant))
            try await parts.talks.append(first, of: owner)
            try await parts.talks.append(second, of: owner)
            let model = try await parts.meaning.use(model: "m", name: "embed")
            try await index(parts, model: model)
            func found(_ change: (inout MessageQuery) -> Void, without talk: Conversation? = nil) async throws
                -> [String]
            {
                var query = MessageQuery("")
                change(&query)
                return try await parts.meaning.places(of: nil, query, without: talk?.id, of: owner).map(\.item).sorted()
            }
            #expect(try await found { _ in } == [first.id.text, second.id.text].sorted())
            #expect(try await found { $0.space = .one(space.id) } == [first.id.text])
            #expect(try await found { $0.space = .outside } == [second.id.text])
            #expect(try await found { $0.role = "assistant" } == [second.id.text])
            #expect(try await found { $0.until = moment(5) } == [first.id.text])
            #expect(try await found({ _ in }, without: inside) == [second.id.text])
            #expect(try await found { $0.tag = "none" } == [])
        }
    }

    @Test(arguments: Backend.allCases) func `what is removed takes its vectors with it`(backend: Backend) async throws {
        try await withParts(backend) { parts in
            let talk = talk(1)
            try await parts.talks.add(talk)
            let first = message(2, in: talk, "one")
            let second = message(3, in: talk, "two", after: first)
            try await parts.talks.append(first, of: owner)
            try await parts.talks.append(second, of: owner)
            let model = try await parts.meaning.use(model: "m", name: "embed")
            try await index(parts, model: model)
            let before = try await parts.meaning.changes(of: owner)
            _ = try await parts.talks.removeSubtree(second.id, of: owner)
            func count() async throws -> Int {
                var table = MeaningTable()
                try await parts.meaning.read(into: &table, of: owner, model: model)
                return table.count
            }
            #expect(try await count() == 1)
            #expect(try await parts.meaning.changes(of: owner).removals == before.removals + 1)
            _ = try await parts.talks.remove(talk.id, of: owner)
            #expect(try await count() == 0)
            // A vector that comes late finds no message.
            let piece = MeaningRecords.Piece(place: .init(start: 0, length: 3), vector: try vector(1))
            try await parts.meaning.write(
                [first.id.text: [piece]], of: [first.id.text: "one"], model: model, owner: owner)
            #expect(try await count() == 0)
        }
    }

    @Test(arguments: Backend.allCases) func `a pin needs no new vector, another text does`(backend: Backend)
        async throws
    {
        try await withParts(backend) { parts in
            let talk = talk(1)
            try await parts.talks.add(talk)
            var kept = message(2, in: talk, "one")
            try await parts.talks.append(kept, of: owner)
            let model = try await parts.meaning.use(model: "m", name: "embed")
            try await index(parts, model: model)
            kept.isPinned = true
            kept.revision = 2
            #expect(try await parts.talks.replace(kept, of: owner, expecting: 1))
            let waiting = try await claim(parts)
            #expect(try await parts.meaning.texts(of: waiting.map(\.item), without: model).isEmpty)
            try await parts.meaning.finish(waiting)
            kept.content = "another"
            kept.revision = 3
            #expect(try await parts.talks.replace(kept, of: owner, expecting: 2))
            let again = try await claim(parts)
            #expect(try await parts.meaning.texts(of: again.map(\.item), without: model) == [kept.id.text: "another"])
        }
    }

    @Test(arguments: Backend.allCases) func `another model starts over, the same one does not`(backend: Backend)
        async throws
    {
        try await withParts(backend) { parts in
            let talk = talk(1)
            try await parts.talks.add(talk)
            let kept = message(2, in: talk, "one")
            try await parts.talks.append(kept, of: owner)
            let first = try await parts.meaning.use(model: "m", name: "embed")
            try await index(parts, model: first)
            #expect(try await parts.meaning.use(model: "m", name: "embed") == first)
            #expect(try await claim(parts).isEmpty)
            let second = try await parts.meaning.use(model: "m2", name: "embed")
            #expect(second != first)
            let waiting = try await claim(parts)
            #expect(waiting.map(\.item) == [kept.id.text])
            #expect(try await parts.meaning.texts(of: [kept.id.text], without: second) == [kept.id.text: "one"])
            try await parts.meaning.releaseAll()
            try await index(parts, model: second)
            var old = MeaningTable()
            try await parts.meaning.read(into: &old, of: owner, model: first)
            #expect(old.count == 0, "old vectors went when the new one came")
        }
    }

    @Test(arguments: Backend.allCases) func `only turns of users who want it are learned from`(backend: Backend)
        async throws
    {
        try await withParts(backend) { parts in
            func finishTurn(_ number: Int, in talk: Conversation) async throws {
                let question = message(number, in: talk, "I live in Berlin")
                try await parts.talks.append(question, of: talk.owner)
                var answer = message(number + 1, in: talk, "", role: .assistant, after: question)
                answer.status = .writing
                try await parts.talks.append(answer, of: talk.owner)
                answer.content = "Nice."
                answer.status = .complete
                answer.revision = 2
                #expect(try await parts.talks.replace(answer, of: talk.owner, expecting: 1))
                answer.isPinned = true
                answer.revision = 3
                #expect(try await parts.talks.replace(answer, of: talk.owner, expecting: 2))
            }
            var settings = MemorySettings()
            settings.learns = true
            try await parts.memories.set(settings, of: owner)
            let (mine, theirs, hidden) = (talk(1), talk(2, of: stranger), talk(3, isTemporary: true))
            var silent = talk(4)
            silent.usesMemory = false
            for one in [mine, theirs, hidden, silent] { try await parts.talks.add(one) }
            try await finishTurn(10, in: theirs)
            try await finishTurn(20, in: hidden)
            try await finishTurn(30, in: silent)
            #expect(try await claim(parts, tasks: [.lesson]).isEmpty)
            try await finishTurn(40, in: mine)
            #expect(try await claim(parts, tasks: [.lesson]).count == 1, "once, whatever becomes of the answer later")
        }
    }

    @Test(arguments: Backend.allCases) func `a context keeps what is its own`(backend: Backend) async throws {
        try await withParts(backend) { parts in
            var space = space(1)
            space.data = ["budget": 5]
            space.tags = ["x"]
            try await parts.spaces.add(space)
            #expect(try await parts.spaces.space(space.id, of: owner) == space)
            #expect(try await parts.spaces.space(space.id, of: stranger) == nil)
            var theirs = talk(2, of: stranger)
            theirs.context = space.id
            await #expect(throws: SpaceRefusal.noContext) { try await parts.talks.add(theirs) }
            let inside = talk(3, context: space.id)
            try await parts.talks.add(inside)
            let document = ContextDocument(
                id: ContextDocumentID.make(4), context: space.id, name: "a.txt", type: "text/plain", byteCount: 5,
                text: "hello", created: moment(4))
            try await parts.spaces.add(document, bytes: Array("hello".utf8), of: owner)
            #expect(try await parts.spaces.documents(of: space.id, owner: owner).map(\.name) == ["a.txt"])
            #expect(try await parts.spaces.document(document.id, of: space.id, owner: stranger) == nil)
            #expect(
                try await parts.spaces.document(document.id, of: space.id, owner: owner)?.bytes == Array("hello".utf8))
            let model = try await parts.meaning.use(model: "m", name: "embed")
            try await index(parts, model: model)
            var table = MeaningTable()
            try await parts.meaning.read(into: &table, of: owner, model: model)
            let rows = table.nearest(try vector(1), countMax: 9).map(\.row)
            #expect(try await parts.meaning.documents(of: rows, in: space.id, owner: owner).map(\.text) == ["hello"])
            let counted = try #require(try await parts.spaces.space(space.id, of: owner))
            #expect(counted.conversationCount == 1 && counted.documentCount == 1)
            #expect(try await parts.spaces.removeSpace(space.id, of: stranger) == nil)
            #expect(try await parts.spaces.removeSpace(space.id, of: owner) == [inside.id])
            #expect(try await parts.talks.find(inside.id, of: owner)?.context == nil)
            var after = MeaningTable()
            try await parts.meaning.read(into: &after, of: owner, model: model)
            #expect(after.count == 0 && table.count == 1)
        }
    }
}

private enum ContextDocumentID {
    static func make(_ number: Int) -> String {
        var random = SeededRandom(seed: UInt64(number))
        return ContextDocument.newID(at: ConversationMoment(microseconds: Int64(number) * 1000), using: &random)
    }
}
