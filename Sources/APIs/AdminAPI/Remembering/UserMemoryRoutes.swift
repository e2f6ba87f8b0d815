import Conversations
public import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// `/api/v1/memories` and `/api/v1/contexts`: what is remembered of a user, and the spaces that it stays in. Everybody sees their own, administrators, too.
public struct UserMemoryRoutes: Sendable {
    let tools: UserMemoryTools

    public init(_ tools: UserMemoryTools) { self.tools = tools }

    public var routes: [Route] { own + overviews + spaceRoutes }

    private var own: [Route] {
        [
            Route(.get, "/api/v1/memories", Self.listing) { try await list($0) },
            Route(.post, "/api/v1/memories", Self.remembering) { try await remember($0) },
            Route(.delete, "/api/v1/memories", Self.forgetting) { try await forget($0) },
            Route(
                .get, "/api/v1/memories/{memory}",
                Self.one("showMemory", "One memory.", answer: UserMemoryShapes.memory)
            ) {
                .json(try await tools.memory(of: $0).json())
            },
            Route(.patch, "/api/v1/memories/{memory}", Self.changing) { try await change($0) },
            Route(
                .delete, "/api/v1/memories/{memory}",
                Self.one(
                    "forgetMemory", "Forget it: with its vector, and in what later prompts would repeat.", .write,
                    answer: ModelShapes.removal)
            ) { request in
                let memory = try await tools.memory(of: request)
                try await forget(.one(memory.id), of: request.owner)
                return .json(["id": .string(memory.id.text), "deleted": true])
            },
            Route(
                .get, "/api/v1/memories/{memory}/history",
                Self.one(
                    "showMemoryHistory", "How it came to be, and what else was said of the same.",
                    answer: UserMemoryShapes.history)
            ) { request in
                let memory = try await tools.memory(of: request)
                let history = try await tools.memories.history(of: memory.id, owner: request.owner)
                return .json(["memories": .array(history.map { $0.json() })])
            },
        ]
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        let filter = try Self.filter(query)
        guard let text = query["q"] else {
            let found = try await tools.memories.memories(filter, of: request.owner)
            return .json([
                "memories": .array(found.map { $0.json() }), "has_more": .bool(found.count == filter.countMax),
                "mode": .null,
            ])
        }
        guard (1...1_024).contains(text.utf8.count) else {
            throw ServiceError(
                .invalidValue, "The search has no words, or too many.", hint: "Send q=… with 1 to 1,024 bytes.",
                parameter: "q")
        }
        let (found, mode) = try await tools.search.search(
            text, try query.choice("mode") ?? .hybrid, filter, of: request.owner)
        return .json([
            "memories": .array(found.map { $0.memory.json(score: $0.score) }), "has_more": false,
            "mode": .string(mode.rawValue),
        ])
    }

    private static func filter(_ query: HTTPQuery) throws -> MemoryFilter {
        MemoryFilter(
            state: try query.choice("state") ?? .valid, kind: try query.choice("kind"), space: try query.space(),
            subject: query["subject"],
            before: try query.integer("before_us").map { ConversationMoment(microseconds: Int64($0)) },
            countMax: try query.integer("limit", in: MemoryFilter.countAllowed) ?? 100)
    }

    private func remember(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect())
        var memory = UserMemory(id: newID(), owner: request.owner, text: "", created: tools.now())
        do {
            try memory.changeWords(body)
            try memory.changeRest(body)
            memory.context = try body.optional("context").map { field throws(JSONFieldError) in try field.contextID() }
            if let text = try body.optional("conversation")?.string() { memory.conversation = ConversationID(text) }
            if let text = try body.optional("message")?.string() { memory.message = MessageID(text) }
            if let replaced = try body.optional("replaces") {
                memory.replaces = MemoryID(try replaced.string())
                guard memory.replaces != nil else { throw replaced.fail("is no memory's id") }
            }
            guard !memory.text.isEmpty else { throw body.fail("needs 'text', which says what is to be remembered") }
        } catch {
            throw ServiceError(reading: error)
        }
        try await checkSource(of: memory)
        return try await keep(memory)
    }

    /// A source is a conversation and a message of the same user, or it is none.
    private func checkSource(of memory: UserMemory) async throws {
        if let id = memory.conversation, try await tools.conversations.find(id, of: memory.owner) == nil {
            throw ServiceError.noConversation(id.text)
        }
        if let id = memory.message, try await tools.conversations.message(id, of: memory.owner) == nil {
            throw ServiceError.noMessage(id.text)
        }
    }

    private func keep(_ memory: UserMemory) async throws -> HTTPResponse {
        let outcome: RememberOutcome
        do {
            outcome = try await tools.memories.remember(memory, .new, countMax: tools.countMax)
        } catch let refusal as MemoryRefusal {
            throw ServiceError(refusal)
        }
        var answer = outcome.memory.json().object ?? [:]
        answer["closed"] = .array(outcome.closed.map { .string($0.text) })
        return .json(.object(answer), status: outcome.isNew ? .created : .ok)
    }

    /// What it says is never changed: another memory takes its place. The rest is changed where it is.
    private func change(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONField.body(try await request.body.collect())
        let old = try await tools.memory(of: request)
        var changed = old
        let seen: Int64
        do {
            seen = try body.optional("revision").map { Int64(try $0.integer(in: 0...Int.max)) } ?? old.revision
            try changed.changeWords(body)
            try changed.changeRest(body)
            if body.value["context"] != nil {
                changed.context = try body.optional("context").map { field throws(JSONFieldError) in
                    try field.contextID()
                }
            }
            if try body.optional("ended")?.bool() == true, old.validTo == nil { changed.validTo = tools.now() }
        } catch {
            throw ServiceError(reading: error)
        }
        guard seen == old.revision else { throw ServiceError.changedMeanwhile("memory") }
        if changed.text != old.text || changed.statement != old.statement {
            return try await keep(changed.successor(newID(), at: tools.now()))
        }
        changed.revision = seen + 1
        do {
            guard try await tools.memories.replace(changed, expecting: seen) else {
                throw ServiceError.changedMeanwhile("memory")
            }
        } catch let refusal as MemoryRefusal {
            throw ServiceError(refusal)
        }
        return .json(changed.json())
    }

    private func forget(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try request.query
        let selection: MemorySelection
        if let text = query["conversation"] {
            guard let id = ConversationID(text) else { throw ServiceError.noConversation(text) }
            selection = .conversation(id)
        } else if case .one(let id) = try query.space() {
            selection = .space(id)
        } else if try query.bool("all") == true {
            selection = .all
        } else {
            throw ServiceError(
                .invalidValue, "It is not said what to forget.",
                hint: "Send conversation=…, context=ctx_… or all=true.", parameter: "all")
        }
        return .json(["deleted": .whole(try await forget(selection, of: request.owner))])
    }

    @discardableResult
    private func forget(_ selection: MemorySelection, of owner: ConversationOwner) async throws -> Int {
        let gone = try await tools.memories.forget(selection, of: owner)
        for id in gone { try await tools.forgetNotes(id.text, owner) }
        return gone.count
    }

    private func newID() -> MemoryID {
        var random = SystemRandomNumberGenerator()
        return MemoryID(at: tools.now(), using: &random)
    }
}

extension UserMemory {
    /// Takes over what a body says of its words.
    fileprivate mutating func changeWords(_ body: JSONField) throws {
        if let text = try body.optional("text") {
            self.text = try text.keptText(bytesIn: 1...MemoryLimits.textBytesMax)
            guard !UserMemory.key(self.text).isEmpty else { throw text.fail("has no letters") }
        }
        let names = ["subject", "predicate", "object"]
        guard names.contains(where: { body.value[$0] != nil }) else { return }
        let before = [statement?.subject, statement?.predicate, statement?.object]
        var parts: [String?] = []
        for (name, old) in zip(names, before) {
            guard body.value[name] != nil else {
                parts.append(old)
                continue
            }
            let field = try body.optional(name)
            let part = try field?.keptText(bytesIn: 1...MemoryLimits.wordBytesMax)
            if let field, let part, UserMemory.key(part).isEmpty { throw field.fail("has no letters") }
            parts.append(part)
        }
        let known = parts.compactMap(\.self)
        guard known.count == 3 || known.isEmpty else {
            throw body.fail("needs 'subject', 'predicate' and 'object' together, or none of them")
        }
        statement = known.isEmpty ? nil : Statement(subject: known[0], predicate: known[1], object: known[2])
    }

    fileprivate mutating func changeRest(_ body: JSONField) throws {
        if let kind: Kind = try body.choice("kind") { self.kind = kind }
        if let confidence = try body.optional("confidence") { self.confidence = try confidence.number(in: 0...1) }
        if let flag = try body.optional("pinned") { isPinned = try flag.bool() }
    }

    /// What takes its place with other words.
    fileprivate func successor(_ id: MemoryID, at now: ConversationMoment) -> UserMemory {
        var next = UserMemory(
            id: id, owner: owner, kind: kind, text: text, statement: statement, confidence: confidence, created: now)
        next.context = context
        next.isPinned = isPinned
        next.conversation = conversation
        next.message = message
        next.replaces = self.id
        return next
    }
}
