import Access
import Conversations
import JSONText
import Records
import Storage
import Telemetry
import TestRandomness
import Testing
import Vectors
import Vocabulary

@Suite(.timeLimit(.minutes(1))) struct UserBelongingsTests {
    private static let gone = UserID("usr_gone")
    /// Their names begin alike.
    private static let kept = UserID("usr_gone2")

    private static func moment(_ number: Int) -> ConversationMoment {
        ConversationMoment(microseconds: Int64(number) * 1000)
    }

    /// One of everything that users write down. Every text names the user.
    private func fill(_ database: Database, of owner: ConversationOwner, seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed))
        let (name, talks, at) = ("of \(owner.user.text)", ConversationRecords(database), Self.moment(seed))
        let space = ContextSpace(id: ContextID(at: at, using: &random), owner: owner, name: name, created: at)
        try await SpaceRecords(database).add(space)
        let document = ContextDocument(
            id: ContextDocument.newID(at: at, using: &random), context: space.id, name: name, type: "text/plain",
            byteCount: 1, text: name, created: at)
        try await SpaceRecords(database).add(document, bytes: Array(name.utf8), of: owner)

        var settings = MemorySettings(keepDays: nil)
        settings.learns = true
        try await UserMemoryRecords(database).set(settings, of: owner)
        let memory = UserMemory(id: MemoryID(at: at, using: &random), owner: owner, text: name, created: at)
        _ = try await UserMemoryRecords(database).remember(memory, .new, countMax: 9)

        let talk = Conversation(
            id: ConversationID(at: at, using: &random), owner: owner, title: name, tags: [name], context: space.id,
            created: at)
        let message = Message(
            id: MessageID(at: at, using: &random), conversation: talk.id, parent: nil, role: .user,
            content: .string(name), created: at)
        try await talks.add(talk, messages: [message])
        try await talks.add(
            ShareLink(
                id: "share_\(seed)", conversation: talk.id, leaf: message.id, digest: "\(seed)", created: at,
                expires: nil), of: owner)
        try await talks.setSummary(
            ConversationSummary(text: name, model: "m", through: message.id, created: at), of: talk.id)
        try await talks.keep(TurnNote(text: name, sources: []), of: message.id, in: talk.id)

        let user = DataOwner(tenant: owner.tenant, user: owner.user)
        try await ResponseRecords(database, now: { 7 }).add(
            StoredResponse(
                id: "resp_\(seed)", owner: user, created: 5, status: .completed, input: [.string(name)], body: [:]))
        try await StoredConversationRecords(database, now: { 7 }).add(
            StoredConversation(id: "conv_\(seed)", owner: user, created: 3, metadata: ["a": .string(name)]),
            items: [["id": .string("msg_\(seed)"), "text": .string(name)]])
        _ = try await SettingsRecords(database).replace(["a": .string(name)], of: owner, expecting: 0, at: at)
        _ = try await SettingsRecords(database).add(
            UserProfile(id: "prof_\(seed)", name: name, parameters: [:], system: nil, preset: nil, created: at),
            of: owner)
        let grant = AccessGrant(subject: owner.user.text, scopes: nil, models: nil, parent: nil, id: "t", expiresAt: 9)
        try await RefreshTokenRecords(database).begin(
            .first(of: grant, parent: "ses_1", id: "ref_\(seed)", secretHash: [1], now: 1), now: 1)
    }

    /// Gives vectors to all that waits; then something waits again.
    private func index(_ database: Database) async throws {
        let meaning = MeaningRecords(database)
        let model = try await meaning.use(model: "m", name: "embed")
        while true {
            let waiting = try await meaning.claim(
                at: Self.moment(1_000_000), lease: .seconds(60), countMax: 1, tasks: [.vectors])
            guard let one = waiting.first else { break }
            let texts = try await meaning.texts(of: [one.item], without: model)
            let vector = QuantizedVector(try #require(UnitVector([1, 2])))
            let text = try #require(texts[one.item])
            try await meaning.write(
                [one.item: [.init(place: TextChunks.places(in: text)[0], vector: vector)]], of: texts, model: model,
                owner: one.owner)
        }
        try await database.execute(
            "INSERT INTO memory_queue (item, task, owner_key, tenant, owner, not_before, attempts, created) "
                + "SELECT id, 'lesson', owner_key, tenant, owner, 0, 0, created FROM memories")
    }

    /// How many rows of each table tell of a user: by its id, by its words, or by the owner's key.
    private func traces(of user: UserID, _ database: Database) async throws -> [String: Int] {
        let catalogue =
            database.dialect == .sqlite
            ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'message_index_%'"
            : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        // Ends of words and of keys, so that one user is not taken for the other.
        let hexadecimal = ([0] + Array(user.text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        var found: [String: Int] = [:]
        for table in try await database.query(catalogue) {
            let name: String = try table.decode("name")
            let count = try await database.query("SELECT * FROM \"\(name)\"").count { row in
                row.values.contains { value in
                    guard case .text(let text) = value else { return false }
                    let words = text.split { !$0.isASCII || !($0.isLetter || $0.isNumber || $0 == "_") }
                    return words.contains { $0 == user.text } || text.hasSuffix(hexadecimal)
                }
            }
            if count > 0 { found[name] = count }
        }
        return found
    }

    @Test(arguments: Backend.allCases) func `who is removed takes all that was theirs along, and nothing else`(
        backend: Backend
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let store = AccessRecordStore(database, sealer: plainSealer())
            for id in [Self.gone, Self.kept] {
                try await store.apply([
                    .saveUser(
                        User(
                            id: id, name: id.text, displayName: "", role: .user, tenant: TenantID("t"),
                            createdAt: UnixTime(nanoseconds: 1)))
                ])
            }
            // The first one has moved from one tenant to another.
            for (number, owner) in [("t", Self.gone), ("u", Self.gone), ("t", Self.kept)].enumerated() {
                try await fill(
                    database, of: ConversationOwner(tenant: TenantID(owner.0), user: owner.1), seed: number + 1)
            }
            try await index(database)
            let before = try await traces(of: Self.kept, database)
            let known: Set = [
                "access_users", "api_conversation_items", "api_conversations", "api_responses", "context_documents",
                "context_spaces", "conversation_summaries", "conversation_tags", "conversations", "meaning_owners",
                "meaning_vectors", "memories", "memory_queue", "memory_settings", "message_notes", "messages",
                "refresh_tokens", "user_profiles", "user_settings",
            ]
            #expect(known.isSubset(of: Set(before.keys)), "\(known.subtracting(before.keys))")
            #expect(try await traces(of: Self.gone, database)["conversations"] == 2)

            try await store.apply([.removeUser(Self.gone)])
            #expect(try await traces(of: Self.gone, database) == [:])
            #expect(try await traces(of: Self.kept, database) == before)
            #expect(try await database.query("SELECT id FROM conversation_shares").count == 1)
            let query = MessageQuery("usr_gone")
            for tenant in ["t", "u"] {
                let owner = ConversationOwner(tenant: TenantID(tenant), user: Self.gone)
                #expect(try await ConversationRecords(database).search(query, of: owner).isEmpty)
            }
        }
    }

    // MARK: What comes too late

    private func make(_ id: UserID, _ store: AccessRecordStore) async throws {
        try await store.apply([
            .saveUser(
                User(
                    id: id, name: id.text, displayName: "", role: .user, tenant: TenantID("t"),
                    createdAt: UnixTime(nanoseconds: 1)))
        ])
    }

    @Test(arguments: Backend.allCases) func `what was begun before its user was removed leaves nothing behind`(
        backend: Backend
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let store = AccessRecordStore(database, sealer: plainSealer())
            let owner = ConversationOwner(tenant: TenantID("t"), user: Self.gone)
            let user = DataOwner(tenant: owner.tenant, user: owner.user)
            try await make(Self.gone, store)
            try await fill(database, of: owner, seed: 1)
            let waiting = try await MeaningRecords(database).claim(
                at: Self.moment(1_000_000), lease: .seconds(60), countMax: 9, tasks: [.vectors])
            #expect(!waiting.isEmpty)
            let (talks, at) = (ConversationRecords(database), Self.moment(3))
            let talk = try #require(try await talks.list(ConversationFilter(), of: owner).first)
            try await store.apply([.removeUser(Self.gone)])

            var random = SeededRandom(seed: 9)
            let late: [(String, () async throws -> Void)] = [
                (
                    "conversation",
                    {
                        try await talks.add(
                            Conversation(
                                id: ConversationID(at: at, using: &random), owner: owner, title: "x", created: at))
                    }
                ),
                (
                    "response",
                    {
                        try await ResponseRecords(database, now: { 7 }).add(
                            StoredResponse(
                                id: "late", owner: user, created: 5, status: .completed, input: [], body: [:]))
                    }
                ),
                (
                    "items",
                    {
                        try await StoredConversationRecords(database, now: { 7 }).add(
                            StoredConversation(id: "late", owner: user, created: 3, metadata: [:]), items: [])
                    }
                ),
                (
                    "context",
                    {
                        try await SpaceRecords(database).add(
                            ContextSpace(id: ContextID(at: at, using: &random), owner: owner, name: "x", created: at))
                    }
                ),
                (
                    "memory",
                    {
                        _ = try await UserMemoryRecords(database).remember(
                            UserMemory(id: MemoryID(at: at, using: &random), owner: owner, text: "x", created: at),
                            .new,
                            countMax: 9)
                    }
                ),
                (
                    "memory settings",
                    {
                        try await UserMemoryRecords(database).set(MemorySettings(keepDays: nil), of: owner)
                    }
                ),
                (
                    "settings",
                    {
                        _ = try await SettingsRecords(database).replace(["a": 1], of: owner, expecting: 0, at: at)
                    }
                ),
                (
                    "profile",
                    {
                        _ = try await SettingsRecords(database).add(
                            UserProfile(id: "late", name: "x", parameters: [:], system: nil, preset: nil, created: at),
                            of: owner)
                    }
                ),
                (
                    "refresh token",
                    {
                        let grant = AccessGrant(
                            subject: Self.gone.text, scopes: nil, models: nil, parent: nil, id: "t", expiresAt: 9)
                        try await RefreshTokenRecords(database).begin(
                            .first(of: grant, parent: "ses_1", id: "late", secretHash: [1], now: 1), now: 1)
                    }
                ),
            ]
            for (what, write) in late {
                let error = await #expect(throws: ServiceError.self, "\(what)") { try await write() }
                #expect(error?.code == .unauthenticated, "\(what)")
            }
            // What nobody waits for says nothing.
            let message = MessageID(at: at, using: &random)
            try await talks.setSummary(
                ConversationSummary(text: "x", model: "m", through: message, created: at), of: talk.id)
            try await talks.keep(TurnNote(text: "x", sources: []), of: message, in: talk.id)
            let model = try await MeaningRecords(database).use(model: "m", name: "embed")
            try await MeaningRecords(database).write([:], of: [:], model: model, owner: owner)
            #expect(try await traces(of: Self.gone, database) == [:])
            for table in ["conversation_summaries", "message_notes", "meaning_owners"] {
                #expect(try await database.query("SELECT * FROM \(table)").isEmpty, "\(table)")
            }
        }
    }

    @Test(arguments: Backend.allCases) func `whoever writes in the moment of the removal is before or after it`(
        backend: Backend
    ) async throws {
        try await withDatabase(backend) { database in
            try await database.migrate(Migrations.all)
            let store = AccessRecordStore(database, sealer: plainSealer())
            for round in 0..<12 {
                let id = UserID("usr_round\(round)")
                let owner = DataOwner(tenant: TenantID("t"), user: id)
                try await make(id, store)
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<6 {
                        group.addTask {
                            do {
                                try await StoredConversationRecords(database, now: { 7 }).add(
                                    StoredConversation(
                                        id: "conv_\(round)_\(number)", owner: owner, created: 3, metadata: [:]),
                                    items: [])
                            } catch let error as ServiceError {
                                #expect(error.code == .unauthenticated)
                            } catch {
                                Issue.record(error)
                            }
                        }
                    }
                    group.addTask {
                        do { try await store.apply([.removeUser(id)]) } catch { Issue.record(error) }
                    }
                }
            }
            #expect(try await database.query("SELECT id FROM api_conversations").isEmpty)
        }
    }
}
