import Conversations
import JSONText
import Vocabulary

/// Keeps one response, for whoever asked for it.
struct ResponseKeeper: Sendable {
    private let memory: ResponseMemory
    private let state: ResponseState
    private let owner: DataOwner
    private let input: [JSONValue]
    let id: String

    init(_ memory: ResponseMemory, _ request: ResponseRequest, input: [JSONValue]) {
        self.memory = memory
        state = request.state
        owner = memory.owner
        self.input = input
        id = "resp_" + request.suffix
    }

    /// Keeps a response that is finished, and adds it to its conversation.
    ///
    /// - Throws: `ServiceError` when it is too large, or its conversation is gone or full.
    func keep(_ body: JSONValue) async throws {
        let response = try stored(body)
        // The conversation first: a response that is kept is in it.
        if let conversation = state.conversation {
            guard try await memory.conversations.append(response.items, to: conversation, of: owner) else {
                throw ResponseMemory.noConversation(conversation)
            }
        }
        try await memory.responses.add(response)
    }

    /// Keeps a response that is to be written, with what has to be known to begin it again.
    func begin(_ body: JSONValue, _ pending: PendingRequest) async throws {
        var response = try stored(body)
        response.pending = pending.json
        response.isBackground = true
        response.writer = memory.writer
        try await memory.responses.add(response)
    }

    /// Notes how it fares. Its conversation gets what is whole or was cut by its length.
    func update(_ body: JSONValue) async throws {
        let response = try stored(body)
        let isAnswer = response.status == .completed || response.status == .incomplete
        _ = try await memory.responses.update(
            id, of: owner, by: memory.writer, status: response.status, body: response.body,
            appending: isAnswer ? response.items : [])
    }

    private func stored(_ body: JSONValue) throws(ServiceError) -> StoredResponse {
        let object = body.object ?? [:]
        let bytes = JSONValue.array(input).bytes.count + body.bytes.count
        guard bytes <= StoredResponse.bytesMax else {
            throw ServiceError(
                .invalidValue, "The response has \(bytes) bytes with its request; \(StoredResponse.bytesMax) are kept.",
                hint: "Send store: false.", parameter: "store")
        }
        var response = StoredResponse(
            id: id, owner: owner, created: memory.now(),
            status: StoredResponse.Status(rawValue: object["status"]?.string ?? "") ?? .failed, input: input,
            body: object)
        response.previous = state.previous
        response.conversation = state.conversation
        return response
    }
}
