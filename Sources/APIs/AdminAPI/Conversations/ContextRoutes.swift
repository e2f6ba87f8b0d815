import Conversations
import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// What of a conversation goes into its next prompt: the plan, what its owner says of it, and summaries.
extension ConversationRoutes {
    private static let path = "/api/v1/conversations/{conversation}"
    static let draftBytesMax = 64 << 10
    /// Messages whose importance a preview may change.
    private static let changesMax = 10_000

    var contextRoutes: [Route] {
        [
            Route(.get, Self.path + "/context", Self.planning, execution: .concurrent) { try await plan($0) },
            Route(.put, Self.path + "/context", Self.wishing) { try await wish($0) },
            Route(
                .post, Self.path + "/context/preview", Self.previewing, bodyBytesMax: 4 << 20, execution: .concurrent
            ) { try await preview($0) },
            Route(
                .delete, Self.path + "/context/cuts",
                Self.one(
                    "removeCuts", "Forget what was cut; the next turn plans anew.", .write,
                    answer: ConversationShapes.removed)
            ) { request in
                let conversation = try await tools.conversation(of: request)
                let count = try await tools.contextStore.removeCuts(of: conversation.id, through: nil)
                return .json(["removed": .whole(count)])
            },
            Route(
                .get, Self.path + "/summary",
                Self.one(
                    "showSummary", "What the conversation was about when a model was last asked.",
                    answer: ConversationShapes.summaryOrNone)
            ) { request in
                let conversation = try await tools.conversation(of: request)
                let summary = try await tools.contextStore.summary(of: conversation.id)
                return .json(["summary": summary.map { $0.json(head: conversation.head) } ?? .null])
            },
            Route(.post, Self.path + "/summary", Self.summarising, execution: .concurrent) {
                try await summarise($0)
            },
        ]
    }

    private func plan(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let query = try request.query
        let draft = query["text"] ?? ""
        guard draft.utf8.count <= Self.draftBytesMax else {
            throw ServiceError(
                .invalidValue, "The text has more than \(Self.draftBytesMax) bytes.", hint: "Send its beginning.",
                parameter: "text")
        }
        let limit = try query.integer("limit", in: 1...5000) ?? 1000
        let branch = try await branch(of: conversation, leaf: query["leaf"])
        return try await report(conversation, branch, draft: draft, wish: nil, limit: limit, id: request.id)
    }

    private func preview(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect(upTo: 4 << 20))
        var branch: [Message]
        let wish: ContextWish?
        let draft: String
        let limit: Int
        do {
            branch = try await self.branch(of: conversation, leaf: try body.optional("leaf")?.string())
            wish = try body.optional("policy").map { (field) throws(JSONFieldError) in try ContextWish(field) }
            draft = try body.optional("text")?.string(bytesIn: 0...Self.draftBytesMax) ?? ""
            limit = try body.optional("limit")?.integer(in: 1...5000) ?? 1000
            if let changes = try body.optional("importance") {
                let members = try changes.object()
                guard members.count <= Self.changesMax else {
                    throw changes.fail("has more than \(Self.changesMax) members")
                }
                for index in branch.indices {
                    if let field = try changes.optional(branch[index].id.text) {
                        branch[index].importance = try MessageImportance(reading: field)
                    }
                }
            }
        } catch {
            throw ServiceError(reading: error)
        }
        return try await report(conversation, branch, draft: draft, wish: wish, limit: limit, id: request.id)
    }

    private func report(
        _ conversation: Conversation, _ stored: [Message], draft: String, wish: ContextWish?, limit: Int, id: RequestID
    ) async throws -> HTTPResponse {
        var branch = stored
        if !draft.isEmpty || branch.isEmpty {
            branch.append(
                Message(
                    id: tools.messageID(), conversation: conversation.id, parent: branch.last?.id, role: .user,
                    content: .string(draft), created: tools.now()))
        }
        let report = try await tools.planning.report(
            on: ContextQuestion(conversation: conversation, branch: branch, wish: wish, id: id))
        return .json(report.json(stored: Set(stored.map(\.id)), limit: limit))
    }

    private func branch(of conversation: Conversation, leaf: String?) async throws -> [Message] {
        let tree = try await tools.store.tree(conversation.id, of: conversation.owner)
        let named = try leaf.map { text throws in
            guard let id = MessageID(text), tree.contains(id) else { throw ServiceError.noMessage(text) }
            return id
        }
        let end = named ?? conversation.head ?? tree.leaf(below: nil)
        return try await tools.store.messages(end.map { tree.path(to: $0) } ?? [], of: conversation.owner)
    }

    private func wish(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect())
        let wish: ContextWish
        do { wish = try ContextWish(body) } catch { throw ServiceError(reading: error) }
        try await tools.contextStore.setContextWish(wish, of: conversation.id)
        let report = try await tools.planning.report(
            on: ContextQuestion(
                conversation: conversation,
                branch: [
                    Message(
                        id: tools.messageID(), conversation: conversation.id, parent: nil, role: .user, content: "",
                        created: tools.now())
                ], id: request.id))
        return .json(report.policyJSON)
    }

    private func summarise(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect())
        let branch: [Message]
        do {
            branch = try await self.branch(of: conversation, leaf: try body.optional("leaf")?.string())
        } catch {
            throw ServiceError(reading: error)
        }
        guard !branch.isEmpty else {
            throw ServiceError(
                .invalidValue, "The conversation has no message to summarise.", hint: "Add one first.")
        }
        let summary = try await tools.planning.summarise(conversation, branch: branch, id: request.id)
        return .json(["summary": summary.json(head: conversation.head)], status: .created)
    }
}

extension MessageImportance {
    init(reading field: JSONField) throws(JSONFieldError) {
        guard let importance = Self(rawValue: try field.string()) else {
            throw field.fail("must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = importance
    }
}
