import Access
import AdminAPI
import Configuration
import Conversations
import HTTPServing
import JSONText
import Records
import Storage
import Telemetry
import Vocabulary

/// Memory in the running platform: search by meaning, what is remembered of users, contexts, and the work behind them.
struct RememberingPart: Sendable {
    /// What answers are told beside the messages.
    let turns: TurnMemories
    private let desk: MeaningDesk
    private let worker: MemoryWorker
    private let spaces: SpaceRecords
    private let memories: UserMemoryRecords
    private let conversations: ConversationRecords
    private let countMax: Int
    private let standard: MemorySettings

    /// - Parameters:
    ///   - configuration: what operators chose.
    ///   - database: where it is kept.
    ///   - service: the outermost one: who learns and who makes vectors asks for a user, within their limits.
    ///   - routing: who stands behind a name.
    ///   - person: who somebody is; `nil` when there is no such user now.
    ///   - logger: of this part.
    init(
        _ configuration: MemoryConfiguration, database: Database, service: any ModelService, routing: RoutedService,
        person: @escaping @Sendable (ConversationOwner) -> Principal?, logger: Logger
    ) {
        conversations = ConversationRecords(database)
        memories = UserMemoryRecords(database)
        spaces = SpaceRecords(database)
        countMax = configuration.perUser
        standard = MemorySettings(
            keepDays: Int(configuration.keepUnused / .seconds(86_400)))
        desk = MeaningDesk(
            MeaningRecords(database), conversations, memories,
            encoder: MeaningEncoder(
                service: service, sources: AnswerSources(routing),
                name: configuration.findsMeaning ? configuration.embedder : ""),
            bytesMax: Int(configuration.searchMemory.bytes))
        turns = TurnMemories(desk: desk, memories: memories, spaces: spaces, standard: standard)
        worker = MemoryWorker(
            desk: desk, memories: memories,
            teacher: MemoryTeacher(
                service: service, conversations: conversations, spaces: spaces, memories: memories,
                model: configuration.teacher, countMax: configuration.perUser, logger: logger),
            person: person, keep: configuration.keepUnused, logger: logger)
    }

    /// Works in the background until its task is cancelled.
    ///
    /// - Parameter isAlone: whether no other process works on this database.
    func run(isAlone: Bool) async { await worker.run(isAlone: isAlone) }

    func routes(forgettingNotes: @escaping @Sendable (String, ConversationOwner) async throws -> Void) -> [Route] {
        UserMemoryRoutes(
            UserMemoryTools(
                memories: memories, spaces: spaces, conversations: conversations, search: desk, standard: standard,
                countMax: countMax, now: { .now() }, forgetNotes: forgettingNotes)
        ).routes
    }

    /// What the routes of conversations ask memory.
    var surroundings: ConversationSurroundings {
        ConversationSurroundings(search: desk, enter: enter, memoriesUsed: used)
    }

    /// An order in a context: what its instructions and its model are.
    @Sendable private func enter(_ order: AnswerOrder) async throws -> AnswerOrder {
        guard let context = order.conversation.context,
            let space = try await spaces.space(context, of: order.conversation.owner)
        else { return order }
        var order = order
        if let model = space.model, order.request["model"] == nil, order.conversation.settings["model"] == nil {
            order.request["model"] = .string(model)
        }
        if !space.instructions.isEmpty, let id = context.instructionsID {
            var first = Message(
                id: id, conversation: order.conversation.id, parent: nil, role: .system,
                content: .string(space.instructions), created: space.created)
            // Many templates know one system message only.
            if let own = order.branch.first, own.role == .system {
                first = own
                first.content = .string(space.instructions + "\n\n" + own.text)
                order.branch.removeFirst()
            }
            order.branch.insert(first, at: 0)
        }
        return order
    }

    /// What answers were told, with the texts of what is still remembered.
    @Sendable private func used(
        _ messages: [Message], by owner: ConversationOwner
    ) async throws -> [MessageID: [JSONValue]] {
        let cited = messages.flatMap(\.citations)
        let ids = Set(cited.compactMap { $0["id"]?.string })
        guard !ids.isEmpty else { return [:] }
        let remembered = try await memories.memories(ids.compactMap { MemoryID($0) }, of: owner)
        let texts = Dictionary(remembered.map { ($0.id.text, $0) }) { first, _ in first }
        let others = try await conversations.messages(ids.compactMap { MessageID($0) }, of: owner)
        let said = Dictionary(others.map { ($0.id.text, $0) }) { first, _ in first }
        var titles: [ConversationID: String] = [:]
        for id in Set(others.map(\.conversation)) { titles[id] = try await conversations.find(id, of: owner)?.title }
        return Dictionary(
            messages.map { message in
                (
                    message.id,
                    message.citations.compactMap { citation -> JSONValue? in
                        guard var told = citation.object, let id = told["id"]?.string else { return nil }
                        switch told["type"]?.string {
                        case "memory":
                            guard let memory = texts[id] else { return nil }
                            told["kind"] = .string(memory.kind.rawValue)
                            told["text"] = .string(memory.text)
                        case "message":
                            guard let message = said[id] else { return nil }
                            told["title"] = .string(titles[message.conversation] ?? "")
                            told["text"] = .string(String(message.text.prefix(300)))
                        case "document": break
                        default: return nil
                        }
                        return .object(told)
                    }
                )
            }
        ) { first, _ in first }.filter { !$0.value.isEmpty }
    }
}
