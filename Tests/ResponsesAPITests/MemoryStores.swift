import Conversations
import JSONText
import Synchronization
import Vocabulary

@testable import ResponsesAPI

/// Responses and conversations in memory, as a database would keep them.
final class MemoryStores: ResponseStoring, ConversationStoring {
    struct State {
        var responses: [String: StoredResponse] = [:]
        var conversations: [String: (whole: StoredConversation, items: [JSONValue])] = [:]
        var count = 0
    }

    let state = Mutex(State())

    /// A memory over these stores, whose ids count up.
    func memory(writer: String = "me", isGone: @escaping @Sendable (String) -> Bool = { _ in false }) -> ResponseMemory
    {
        ResponseMemory(
            responses: self, conversations: self, now: { 1_000_000 },
            suffix: {
                self.state.withLock { state in
                    state.count += 1
                    return String(state.count)
                }
            }, writer: writer, isGone: isGone)
    }

    func add(_ response: StoredResponse) async throws { state.withLock { $0.responses[response.id] = response } }

    func response(_ id: String, of owner: DataOwner) async throws -> StoredResponse? {
        state.withLock { $0.responses[id].flatMap { $0.owner == owner ? $0 : nil } }
    }

    func chain(to id: String, of owner: DataOwner) async throws -> [StoredResponse] {
        var chain: [StoredResponse] = []
        var next: String? = id
        while let id = next, let found = try await response(id, of: owner) {
            chain.insert(found, at: 0)
            next = found.previous
        }
        return chain
    }

    func update(
        _ id: String, of owner: DataOwner, by writer: String, status: StoredResponse.Status, body: JSONObject,
        appending items: [JSONValue]
    ) async throws -> Bool {
        state.withLock { state in
            guard let old = state.responses[id], old.owner == owner, !old.status.isFinished, old.writer == writer
            else { return false }
            if status.isFinished { state.responses[id]?.pending = nil }
            state.responses[id]?.status = status
            state.responses[id]?.body = body
            if let conversation = old.conversation { state.conversations[conversation]?.items += items }
            return true
        }
    }

    func unfinished(beside writer: String, countMax: Int) async throws -> [ResponseLease] {
        state.withLock { state in
            state.responses.values.filter { !$0.status.isFinished && $0.writer != nil && $0.writer != writer }
                .map { ResponseLease(id: $0.id, owner: $0.owner, writer: $0.writer ?? "", touched: $0.touched) }
        }
    }

    func claim(_ lease: ResponseLease, by writer: String, at time: Int64) async throws -> Bool {
        state.withLock { state in
            guard let found = state.responses[lease.id], found.writer == lease.writer, found.touched == lease.touched,
                !found.status.isFinished
            else { return false }
            state.responses[lease.id]?.writer = writer
            state.responses[lease.id]?.touched = time
            state.responses[lease.id]?.attempts += 1
            return true
        }
    }

    func remove(_ id: String, of owner: DataOwner) async throws -> Bool {
        state.withLock { state in
            guard state.responses[id]?.owner == owner else { return false }
            state.responses[id] = nil
            return true
        }
    }

    func touch(writer: String, at time: Int64) async throws {}
    func trim(before time: Int64, keeping countMax: Int) async throws {}

    func add(_ conversation: StoredConversation, items: [JSONValue]) async throws {
        state.withLock { $0.conversations[conversation.id] = (conversation, items) }
    }

    func conversation(_ id: String, of owner: DataOwner) async throws -> StoredConversation? {
        state.withLock { $0.conversations[id].flatMap { $0.whole.owner == owner ? $0.whole : nil } }
    }

    private func change(_ id: String, _ owner: DataOwner, _ edit: (inout State) -> Bool) -> Bool {
        state.withLock { state in
            guard state.conversations[id]?.whole.owner == owner else { return false }
            return edit(&state)
        }
    }

    func change(_ id: String, of owner: DataOwner, metadata: JSONObject) async throws -> Bool {
        change(id, owner) { state in
            state.conversations[id]?.whole.metadata = metadata
            return true
        }
    }

    func removeConversation(_ id: String, of owner: DataOwner) async throws -> Bool {
        change(id, owner) { state in
            state.conversations[id] = nil
            return true
        }
    }

    func items(of id: String, _ owner: DataOwner) async throws -> [JSONValue]? {
        state.withLock { $0.conversations[id].flatMap { $0.whole.owner == owner ? $0.items : nil } }
    }

    func append(_ items: [JSONValue], to id: String, of owner: DataOwner) async throws -> Bool {
        change(id, owner) { state in
            state.conversations[id]?.items += items
            return true
        }
    }

    func removeItem(_ item: String, from id: String, of owner: DataOwner) async throws -> Bool {
        change(id, owner) { state in
            let before = state.conversations[id]?.items.count
            state.conversations[id]?.items.removeAll { $0["id"]?.string == item }
            return state.conversations[id]?.items.count != before
        }
    }
}
