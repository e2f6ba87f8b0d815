public import Conversations
public import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// `/api/v1/conversations`: what is known of conversations; search, export and import. Everybody sees their own.
public struct ConversationRoutes: Sendable {
    let tools: ConversationTools

    public init(_ tools: ConversationTools) { self.tools = tools }

    /// These, and those of messages, answers, contexts and share links.
    public var routes: [Route] { own + messageRoutes + contextRoutes + shareRoutes }

    private var own: [Route] {
        [
            Route(.get, "/api/v1/conversations", Self.listing) { try await list($0) },
            Route(.post, "/api/v1/conversations", Self.creating) { try await create($0) },
            Route(.get, "/api/v1/conversations/groups", Self.grouping) { request in
                let groups = try await tools.store.groups(of: request.owner)
                return .json([
                    "folders": Self.counts(groups.folders), "tags": Self.counts(groups.tags),
                ])
            },
            Route(.get, "/api/v1/conversations/search", Self.searching) { request in
                let query = try request.query
                let mode: SearchMode = try query.choice("mode") ?? .text
                let found = try await tools.memory.search(tools.store).search(
                    try MessageQuery(query), mode, of: request.owner)
                return .json([
                    "hits": .array(found.hits.map(\.json)), "mode": .string(found.mode.rawValue),
                    "meaning": found.meaning.json,
                ])
            },
            Route(
                .post, "/api/v1/conversations/import", Self.importing, bodyBytesMax: Self.archiveBytesMax,
                execution: .concurrent
            ) { try await importAll($0) },
            Route(
                .get, "/api/v1/conversations/{conversation}",
                Self.one("showConversation", "One conversation.", answer: ConversationShapes.conversation)
            ) {
                .json(try await tools.conversation(of: $0).json)
            },
            Route(.patch, "/api/v1/conversations/{conversation}", Self.changing) { try await change($0) },
            Route(
                .delete, "/api/v1/conversations/{conversation}",
                Self.one("removeConversation", "Remove one.", .write, answer: ModelShapes.removal)
            ) { request in
                let id = try request.conversation()
                guard try await tools.store.remove(id, of: request.owner) else {
                    throw ServiceError.noConversation(id.text)
                }
                return .json(["id": .string(id.text), "deleted": true])
            },
            Route(.get, "/api/v1/conversations/{conversation}/export", Self.exporting, execution: .concurrent) {
                try await export($0)
            },
        ]
    }

    /// A conversation of ChatGPT's heaviest users is tens of megabytes.
    private static let archiveBytesMax = 256 << 20

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        let limit = try query.integer("limit", in: ConversationFilter.countAllowed) ?? 100
        let filter = ConversationFilter(
            folder: query["folder"], tag: query["tag"], isArchived: try query.bool("archived") ?? false,
            isPinned: try query.bool("pinned"), title: query["title"], space: try query.space(),
            before: try query.integer("before_us").map { ConversationMoment(microseconds: Int64($0)) },
            countMax: limit)
        let found = try await tools.store.list(filter, of: request.owner)
        return .json(["conversations": .array(found.map(\.json)), "has_more": .bool(found.count == limit)])
    }

    private func create(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect())
        var conversation = Conversation(id: tools.conversationID(), owner: request.owner, created: tools.now())
        do { try conversation.change(body) } catch { throw ServiceError(reading: error) }
        try await tools.keeping { try await tools.store.add(conversation) }
        return .json(conversation.json, status: .created)
    }

    private func change(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect())
        return try await RevisedChange.of("conversation", body: body) { revision in
            var conversation = try await tools.conversation(of: request)
            let seen = revision ?? conversation.revision
            do {
                try conversation.change(body)
                if let head = try body.optional("head") {
                    conversation.head = try await tools.message(try head.string(), of: conversation).id
                }
            } catch {
                throw ServiceError(reading: error)
            }
            conversation.revision = seen + 1
            let changed = conversation
            let isKept = try await tools.keeping { try await tools.store.replace(changed, expecting: seen) }
            return isKept ? .json(changed.json) : nil
        }
    }

    private func export(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let tree = try await tools.store.tree(conversation.id, of: request.owner)
        let leaf = try request.query["leaf"].map { text throws in
            guard let id = MessageID(text), tree.contains(id) else { throw ServiceError.noMessage(text) }
            return id
        }
        let format = try request.query["format"] ?? "json"
        switch format {
        case "json":
            // A branch alone, or all of them.
            let ids = leaf.map { tree.path(to: $0) } ?? tree.roots.flatMap { tree.subtree(of: $0) }
            let messages = try await tools.store.messages(ids, of: request.owner)
            return Self.file(
                NexusArchive.write(conversation, messages).bytes, "application/json", conversation, ending: "json")
        case "markdown":
            let end = leaf ?? conversation.head ?? tree.leaf(below: nil)
            let messages = try await tools.store.messages(end.map { tree.path(to: $0) } ?? [], of: request.owner)
            let text = MarkdownTranscript.write(title: conversation.title, messages)
            return Self.file(Array(text.utf8), "text/markdown; charset=utf-8", conversation, ending: "md")
        case "pdf":
            let end = leaf ?? conversation.head ?? tree.leaf(below: nil)
            let messages = try await tools.store.messages(end.map { tree.path(to: $0) } ?? [], of: request.owner)
            return Self.file(
                try await tools.document(conversation, messages), "application/pdf", conversation, ending: "pdf")
        default:
            throw ServiceError(
                .invalidValue, "'\(format.prefix(40))' is no format of an export.",
                hint: "Formats: json, markdown, pdf.",
                parameter: "format")
        }
    }

    /// With a name of letters that no shell and no header minds.
    private static func file(
        _ bytes: [UInt8], _ type: String, _ conversation: Conversation, ending: String
    ) -> HTTPResponse {
        let words = conversation.title.lowercased().unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                ? Character(scalar) : "-"
        }
        let name = String(words.prefix(60)).split(separator: "-").joined(separator: "-")
        return HTTPResponse(
            headers: [
                "Content-Type": type,
                "Content-Disposition": "attachment; filename=\"\(name.isEmpty ? "conversation" : name).\(ending)\"",
            ], body: .bytes(bytes))
    }

    /// All conversations of an archive, or none.
    private func importAll(_ request: HTTPRequest) async throws -> HTTPResponse {
        let bytes = try await request.body.collect(upTo: Self.archiveBytesMax)
        let archives: [ConversationArchive]
        do {
            archives = try ArchiveReader.read(try JSONValue.parse(bytes))
        } catch let error as ArchiveError {
            throw ServiceError(
                .invalidValue, "The archive cannot be read: \(error.description)", hint: "Nothing was imported.",
                parameter: error.path.isEmpty ? nil : error.path)
        } catch {
            throw ServiceError(
                .invalidJSON, "The archive is not valid JSON: \(error).", hint: "Nothing was imported.")
        }
        let made = try archives.map { try ImportedConversation($0, owner: request.owner, tools) }
        var added: [Conversation] = []
        do {
            for one in made {
                try await tools.store.add(one.conversation, messages: one.messages)
                added.append(one.conversation)
            }
        } catch {
            for conversation in added { _ = try await tools.store.remove(conversation.id, of: request.owner) }
            throw error
        }
        return .json(
            [
                "imported": .array(added.map(\.json)),
                "messages": .whole(made.reduce(0) { $0 + $1.messages.count }),
            ], status: .created)
    }

    private static func counts(_ counts: [String: Int]) -> JSONValue {
        .array(
            counts.sorted { $0.key < $1.key }.map { ["name": .string($0.key), "conversations": .whole($0.value)] })
    }
}

/// What the routes of conversations work with.
public struct ConversationTools: Sendable {
    public var store: any ConversationStore
    public var contextStore: any ContextStore
    public var answers: any AnswerWriting
    public var planning: any ContextPlanning
    /// A branch as a PDF.
    public var document: @Sendable (Conversation, [Message]) async throws -> [UInt8]
    public var now: @Sendable () -> ConversationMoment
    /// A secret for a link, and the digest by which it is found.
    public var secret: @Sendable () -> (text: String, digest: String)
    /// The digest of a secret that somebody brings.
    public var digest: @Sendable (String) -> String
    public var memory: ConversationSurroundings

    public init(
        store: any ConversationStore, contextStore: any ContextStore, answers: any AnswerWriting,
        planning: any ContextPlanning,
        document: @escaping @Sendable (Conversation, [Message]) async throws -> [UInt8],
        now: @escaping @Sendable () -> ConversationMoment,
        secret: @escaping @Sendable () -> (text: String, digest: String),
        digest: @escaping @Sendable (String) -> String, memory: ConversationSurroundings = ConversationSurroundings()
    ) {
        self.memory = memory
        self.store = store
        self.contextStore = contextStore
        self.answers = answers
        self.planning = planning
        self.document = document
        self.now = now
        self.secret = secret
        self.digest = digest
    }

    func conversationID() -> ConversationID {
        var random = SystemRandomNumberGenerator()
        return ConversationID(at: now(), using: &random)
    }

    func messageID() -> MessageID {
        var random = SystemRandomNumberGenerator()
        return MessageID(at: now(), using: &random)
    }

    func conversation(of request: HTTPRequest) async throws -> Conversation {
        let id = try request.conversation()
        guard let found = try await store.find(id, of: request.owner) else {
            throw ServiceError.noConversation(id.text)
        }
        return found
    }

    func message(_ text: String, of conversation: Conversation) async throws -> Message {
        guard let id = MessageID(text), let found = try await store.message(id, of: conversation.owner),
            found.conversation == conversation.id
        else { throw ServiceError.noMessage(text) }
        return found
    }
}
