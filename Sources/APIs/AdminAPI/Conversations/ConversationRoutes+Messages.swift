import Conversations
import HTTPServing
import JSONText
import RequestScope
import Streaming
import Vocabulary

/// Messages and answers.
extension ConversationRoutes {
    private static let base = "/api/v1/conversations/{conversation}"
    /// A page of a branch, newest last.
    private static let pageAllowed = 1...1000

    var messageRoutes: [Route] {
        [
            Route(
                .get, Self.base + "/tree",
                Self.one("showConversationTree", "Which message follows which.", answer: ConversationShapes.tree)
            ) {
                try await tree($0)
            },
            Route(.get, Self.base + "/messages", Self.paging) { try await page($0) },
            Route(
                .post, Self.base + "/messages", Self.adding, bodyBytesMax: ConversationLimits.messageBytesMax * 2,
                execution: .concurrent
            ) { try await add($0) },
            Route(
                .get, Self.base + "/messages/{message}",
                Self.one("showMessage", "One message.", answer: ConversationShapes.message)
            ) { request in
                let (conversation, message) = try await found(request)
                let tree = try await tools.store.tree(conversation.id, of: request.owner)
                let used = try await tools.memory.memoriesUsed([message], request.owner)
                return .json(message.json(siblings: tree.siblings(of: message.id), memoriesUsed: used[message.id]))
            },
            Route(
                .patch, Self.base + "/messages/{message}", Self.editing,
                bodyBytesMax: ConversationLimits.messageBytesMax * 2, execution: .concurrent
            ) { try await edit($0) },
            Route(
                .delete, Self.base + "/messages/{message}",
                Self.one(
                    "deleteMessage", "Remove a message and all that follow it.", .write,
                    answer: ConversationShapes.deletedMessage)
            ) { request in
                let (_, message) = try await found(request)
                _ = await tools.answers.stop(message.id, of: request.owner)
                let count = try await tools.store.removeSubtree(message.id, of: request.owner)
                return .json(["id": .string(message.id.text), "removed": .whole(count)])
            },
            Route(.post, Self.base + "/fork", Self.forking) { try await fork($0) },
            Route(.post, Self.base + "/copy", Self.copying) { try await copy($0) },
            Route(.post, Self.base + "/answers", Self.answering, execution: .concurrent) { try await answer($0) },
            Route(.get, Self.base + "/messages/{message}/events", Self.following) { try await follow($0) },
            Route(
                .post, Self.base + "/messages/{message}/stop",
                Self.one(
                    "stopAnswer", "End an answer that is being written; what is written stays.", .write,
                    answer: ConversationShapes.stopped)
            ) { request in
                let (_, message) = try await found(request)
                let wasRunning = await tools.answers.stop(message.id, of: request.owner)
                return .json(["id": .string(message.id.text), "stopped": .bool(wasRunning)])
            },
        ]
    }

    private func found(_ request: HTTPRequest) async throws -> (Conversation, Message) {
        let conversation = try await tools.conversation(of: request)
        return (conversation, try await tools.message(request.parameters.string("message"), of: conversation))
    }

    private func tree(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let tree = try await tools.store.tree(conversation.id, of: request.owner)
        let nodes = tree.roots.flatMap { tree.subtree(of: $0) }.map { id -> JSONValue in
            ["id": .string(id.text), "parent": tree.parent(of: id).map { .string($0.text) } ?? .null]
        }
        return .json(["head": conversation.head.map { .string($0.text) } ?? .null, "nodes": .array(nodes)])
    }

    /// The end of a branch, and with `before` what comes before it.
    private func page(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let query = try request.query
        let limit = try query.integer("limit", in: Self.pageAllowed) ?? 200
        let tree = try await tools.store.tree(conversation.id, of: request.owner)
        func named(_ name: String) throws -> MessageID? {
            guard let text = query[name] else { return nil }
            guard let id = MessageID(text), tree.contains(id) else { throw ServiceError.noMessage(text) }
            return id
        }
        let leaf = try named("leaf") ?? conversation.head ?? tree.leaf(below: nil)
        var path = leaf.map { tree.path(to: $0) } ?? []
        if let before = try named("before"), let place = path.firstIndex(of: before) { path = Array(path[..<place]) }
        let part = Array(path.suffix(limit))
        let messages = try await tools.store.messages(part, of: request.owner)
        let used = try await tools.memory.memoriesUsed(messages, request.owner)
        return .json([
            "messages": .array(
                messages.map { $0.json(siblings: tree.siblings(of: $0.id), memoriesUsed: used[$0.id]) }),
            "leaf": leaf.map { .string($0.text) } ?? .null, "has_more": .bool(path.count > part.count),
            "count": .whole(path.count),
        ])
    }

    private func add(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect(upTo: ConversationLimits.messageBytesMax * 2))
        let message: Message
        do {
            message = try Message(
                body, id: tools.messageID(), conversation: conversation.id,
                parent: try await parent(body, conversation), now: tools.now())
        } catch {
            throw ServiceError(reading: error)
        }
        try await append(message, to: conversation)
        return .json(message.json(), status: .created)
    }

    /// What `parent` names: the conversation's head where it is left out, nothing where it is `null`.
    private func parent(_ body: JSONField, _ conversation: Conversation) async throws -> MessageID? {
        guard let value = body.value["parent"] else { return conversation.head }
        guard !value.isNull else { return nil }
        return try await tools.message(try body.required("parent").string(), of: conversation).id
    }

    private func append(_ message: Message, to conversation: Conversation) async throws {
        do {
            try await tools.store.append(message, of: conversation.owner)
        } catch let refusal as MessageRefusal {
            switch refusal {
            case .noConversation: throw ServiceError.noConversation(conversation.id.text)
            case .noParent: throw ServiceError.noMessage(message.parent?.text ?? "")
            case .full:
                throw ServiceError(
                    .conflict, "The conversation has \(ConversationLimits.messagesMax) messages, and holds no more.",
                    hint: "Fork it at its last message to go on in a new one.")
            }
        }
    }

    private func edit(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect(upTo: ConversationLimits.messageBytesMax * 2))
        return try await RevisedChange.of("message", body: body) { revision in
            var (_, message) = try await found(request)
            guard message.status != .writing || body.value["content"] == nil else {
                throw ServiceError(.conflict, "The answer is being written.", hint: "Stop it first.")
            }
            let seen = revision ?? message.revision
            do { try message.change(body) } catch { throw ServiceError(reading: error) }
            message.revision = seen + 1
            guard try await tools.store.replace(message, of: request.owner, expecting: seen) else { return nil }
            // A summary that tells of the old words is told no more.
            if body.value["content"] != nil {
                _ = try await tools.contextStore.removeCuts(of: message.conversation, through: message.id)
            }
            return .json(message.json())
        }
    }

    /// A branch as a conversation of its own.
    private func fork(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect())
        let leaf: Message
        do {
            leaf = try await tools.message(try body.required("message").string(), of: conversation)
        } catch {
            throw ServiceError(reading: error)
        }
        let tree = try await tools.store.tree(conversation.id, of: request.owner)
        let branch = try await tools.store.messages(tree.path(to: leaf.id), of: request.owner)
        let id = tools.conversationID()
        let copies = Self.copies(of: branch, into: id, behind: nil, at: tools.now())
        var made = Conversation(
            id: id, owner: request.owner, title: conversation.title, folder: conversation.folder,
            tags: conversation.tags, settings: conversation.settings, context: conversation.context,
            usesMemory: conversation.usesMemory, head: copies.last?.id,
            origin: Conversation.Origin(conversation: conversation.id, message: leaf.id), created: tools.now(),
            messageCount: copies.count)
        do { try made.change(body) } catch { throw ServiceError(reading: error) }
        try await tools.keeping { try await tools.store.add(made, messages: copies) }
        return .json(made.json, status: .created)
    }

    /// Selected messages of other branches or conversations, behind a message of this one.
    private func copy(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect())
        var chosen: [Message] = []
        let place: MessageID?
        do {
            for field in try body.required("messages").elements(countMax: 200) {
                let text = try field.string()
                guard let id = MessageID(text), let message = try await tools.store.message(id, of: request.owner)
                else {
                    throw ServiceError.noMessage(text)
                }
                chosen.append(message)
            }
            place = try await parent(body, conversation)
        } catch {
            throw ServiceError(reading: error)
        }
        let copies = Self.copies(of: chosen, into: conversation.id, behind: place, at: tools.now())
        for message in copies { try await append(message, to: conversation) }
        return .json(["messages": .array(copies.map { $0.json() })], status: .created)
    }

    /// Messages one behind the other, with new ids.
    private static func copies(
        of messages: [Message], into conversation: ConversationID, behind parent: MessageID?,
        at now: ConversationMoment
    ) -> [Message] {
        var random = SystemRandomNumberGenerator()
        var copies: [Message] = []
        for (index, message) in messages.enumerated() {
            let created = ConversationMoment(rawValue: now.rawValue + Int64(index) * 1000)
            var copy = Message(
                id: MessageID(at: created, using: &random), conversation: conversation,
                parent: copies.last?.id ?? parent, role: message.role, content: message.content,
                created: message.created)
            copy.reasoning = message.reasoning
            copy.toolCalls = message.toolCalls
            copy.toolCallID = message.toolCallID
            copy.citations = message.citations
            copy.feedback = message.feedback
            copy.importance = message.importance
            copy.model = message.model
            copy.status = message.status == .writing ? .stopped : message.status
            copy.usage = message.usage
            copies.append(copy)
        }
        return copies
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let conversation = try await tools.conversation(of: request)
        let body = try JSONField.body(try await request.body.collect())
        let place: MessageID?
        let members: JSONObject
        do {
            place = try await parent(body, conversation)
            members = try body.optional("request")?.object() ?? [:]
        } catch {
            throw ServiceError(reading: error)
        }
        let tree = try await tools.store.tree(conversation.id, of: request.owner)
        let branch = try await tools.store.messages(place.map { tree.path(to: $0) } ?? [], of: request.owner)
        guard !branch.isEmpty else {
            throw ServiceError(
                .invalidValue, "The conversation has no message to answer.",
                hint: "Add one first: POST /api/v1/conversations/\(conversation.id.text)/messages.",
                parameter: "parent")
        }
        let order = AnswerOrder(conversation: conversation, branch: branch, request: members, id: request.id)
        let message = try await tools.answers.begin(try await tools.memory.enter(order))
        return .json(message.json(), status: .accepted)
    }

    private func follow(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (_, message) = try await found(request)
        let events = await tools.answers.follow(message.id, of: request.owner)
        // Read again: it may have ended between the two.
        let last =
            events == nil
            ? try await tools.message(message.id.text, of: try await tools.conversation(of: request)) : message
        return .events(keepAlive: .seconds(15)) { writer in
            guard let events else {
                try await writer.write(Self.event(.finished(last)))
                return
            }
            for await event in events { try await writer.write(Self.event(event)) }
        }
    }

    private static func event(_ event: AnswerEvent) -> ServerSentEvent {
        let (name, data) = event.wire
        return ServerSentEvent(event: name, data: data.text)
    }
}
