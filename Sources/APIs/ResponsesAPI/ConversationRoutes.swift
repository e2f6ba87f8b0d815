import Conversations
public import HTTPServing
import JSONText
import OpenAIAPI
import RequestScope
import Vocabulary

/// OpenAI's conversations: lists of items that requests name instead of sending them.
public struct ConversationRoutes: Sendable {
    private let memory: ResponseMemory
    /// OpenAI's bound of items that are added at once.
    static let addedMax = 20
    private static let one = "/v1/conversations/{id}"

    public init(_ memory: ResponseMemory) { self.memory = memory }

    public var routes: [Route] { whole + items }

    private var whole: [Route] {
        [
            Route(.post, "/v1/conversations", ConversationSchemas.create) { request in
                let bytes = try await request.body.collect()
                let root = bytes.isEmpty ? JSONField([:]) : try JSONField.body(bytes)
                let (metadata, items) = try read(root)
                let conversation = StoredConversation(
                    id: "conv_" + memory.suffix(), owner: memory.owner, created: memory.now(), metadata: metadata)
                try await memory.conversations.add(conversation, items: items)
                return .json(conversation.json)
            },
            Route(.get, Self.one, ConversationSchemas.get) { request in
                .json(try await memory.conversation(request.parameters.string("id")).json)
            },
            Route(.post, Self.one, ConversationSchemas.update) { request in
                var conversation = try await memory.conversation(request.parameters.string("id"))
                conversation.metadata = try read(.body(try await request.body.collect())).metadata
                guard
                    try await memory.conversations.change(
                        conversation.id, of: memory.owner, metadata: conversation.metadata)
                else { throw ResponseMemory.noConversation(conversation.id) }
                return .json(conversation.json)
            },
            Route(.delete, Self.one, ConversationSchemas.delete) { request in
                let id = try await memory.conversation(request.parameters.string("id")).id
                guard try await memory.conversations.removeConversation(id, of: memory.owner) else {
                    throw ResponseMemory.noConversation(id)
                }
                return .json(["id": .string(id), "object": "conversation.deleted", "deleted": true])
            },
        ]
    }

    private var items: [Route] {
        [
            Route(.get, Self.one + "/items", ConversationSchemas.listItems) { request in
                .json(try ItemPage(request.query).list(try await items(of: request.parameters.string("id"))))
            },
            Route(.post, Self.one + "/items", ConversationSchemas.addItems) { request in
                let id = try await memory.conversation(request.parameters.string("id")).id
                let root = try JSONField.body(try await request.body.collect())
                let added: [JSONValue]
                do {
                    _ = try root.required("items")
                    added = try read(root).items
                } catch {
                    throw ServiceError(reading: error)
                }
                guard try await memory.conversations.append(added, to: id, of: memory.owner) else {
                    throw ResponseMemory.noConversation(id)
                }
                return .json(StoredItems.list(added, hasMore: false))
            },
            Route(.get, Self.one + "/items/{item}", ConversationSchemas.getItem) { request in
                let item = request.parameters.string("item")
                let all = try await items(of: request.parameters.string("id"))
                guard let found = all.first(where: { $0["id"]?.string == item }) else { throw Self.noItem(item) }
                return .json(found)
            },
            Route(.delete, Self.one + "/items/{item}", ConversationSchemas.deleteItem) { request in
                let conversation = try await memory.conversation(request.parameters.string("id"))
                let item = request.parameters.string("item")
                guard try await memory.conversations.removeItem(item, from: conversation.id, of: memory.owner) else {
                    throw Self.noItem(item)
                }
                return .json(conversation.json)
            },
        ]
    }

    private func items(of id: String) async throws -> [JSONValue] {
        guard ResponseMemory.isID(id), let items = try await memory.conversations.items(of: id, memory.owner) else {
            throw ResponseMemory.noConversation(id)
        }
        return items
    }

    private static func noItem(_ id: String) -> ServiceError {
        ServiceError(.notFound, "There is no item '\(id.prefix(80))' in this conversation.", parameter: "item_id")
    }

    // MARK: Reading

    /// Metadata, and items that models can read.
    private func read(_ root: JSONField) throws(ServiceError) -> (metadata: JSONObject, items: [JSONValue]) {
        do {
            var metadata = JSONObject()
            if let field = try root.optional("metadata") {
                metadata = try field.object()
                guard metadata.count <= StoredConversation.metadataMax else {
                    throw field.fail("has more than \(StoredConversation.metadataMax) members")
                }
                for (name, value) in metadata {
                    let member = JSONField(value, path: "metadata.\(name.prefix(64))")
                    guard name.utf8.count <= 64 else { throw member.fail("has a name of more than 64 bytes") }
                    _ = try member.keptText(bytesIn: 0...512)
                }
            }
            guard let field = try root.optional("items") else { return (metadata, []) }
            let elements = try field.elements(countMax: Self.addedMax)
            // What could not be sent as input would break every request to come.
            if !elements.isEmpty { _ = try InputItems.messages(field) }
            return (metadata, StoredItems.of(field.value, suffix: memory.suffix))
        } catch {
            throw ServiceError(reading: error)
        }
    }
}

extension StoredConversation {
    var json: JSONValue {
        [
            "id": .string(id), "object": "conversation", "created_at": .integer(created / 1_000_000),
            "metadata": .object(metadata),
        ]
    }
}
