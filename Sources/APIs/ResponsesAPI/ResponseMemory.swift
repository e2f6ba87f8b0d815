public import Conversations
import JSONText
import Vocabulary

/// What a server remembers between requests, and by which clock. The stores are asked in the name of who asks.
public struct ResponseMemory: Sendable {
    let responses: any ResponseStoring
    let conversations: any ConversationStoring
    /// Microseconds since 1970.
    let now: @Sendable () -> Int64
    /// 26 characters that no id had before, which sort by time.
    let suffix: @Sendable () -> String
    /// This process, as stored responses name who writes them.
    let writer: String
    /// Whether a writer is known to have ended.
    let isGone: @Sendable (String) -> Bool

    /// A writer that was not heard of for so long has ended, wherever it was. In microseconds.
    private static let silenceMax: Int64 = 120_000_000
    /// How often a response is begun again whose server has died: what kills servers must not do so for ever.
    static let attemptsMax = 2

    public init(
        responses: any ResponseStoring, conversations: any ConversationStoring, now: @escaping @Sendable () -> Int64,
        suffix: @escaping @Sendable () -> String, writer: String, isGone: @escaping @Sendable (String) -> Bool
    ) {
        self.responses = responses
        self.conversations = conversations
        self.now = now
        self.suffix = suffix
        self.writer = writer
        self.isGone = isGone
    }

    var owner: DataOwner { DataOwner(Principal.current ?? .open) }

    /// A response of whoever asks. One whose writer is gone, and that cannot be begun again, has failed, and is told and kept
    /// so from then on.
    ///
    /// - Throws: `notFound`, also where it is another's.
    func response(_ id: String) async throws -> StoredResponse {
        guard Self.isID(id), var found = try await responses.response(id, of: owner) else {
            throw ServiceError(
                .notFound, "There is no response '\(id.prefix(80))'.",
                hint: "It was not stored, was deleted, or is too old.", parameter: "response_id")
        }
        guard let lease = lostLease(found), found.pending == nil, try await claim(lease) else { return found }
        found = try await failed(
            found,
            ServiceError(.internalError, "The server that wrote this response ended before it was whole."))
        return found
    }

    /// Notes that an unfinished response, whose writer this process is, has failed.
    func failed(_ response: StoredResponse, _ error: ServiceError) async throws -> StoredResponse {
        try await ended(response, .failed, error: ResponseFrame.described(error))
    }

    /// Cancels one whose writer is gone.
    ///
    /// - Returns: whether it was one, and is cancelled now.
    func cancelLost(_ response: StoredResponse) async throws -> Bool {
        guard let lease = lostLease(response), try await claim(lease) else { return false }
        _ = try await ended(response, .cancelled, error: .null)
        return true
    }

    private func ended(
        _ response: StoredResponse, _ status: StoredResponse.Status, error: JSONValue
    ) async throws -> StoredResponse {
        var response = response
        response.status = status
        response.body["status"] = .string(status.rawValue)
        response.body["error"] = error
        _ = try await responses.update(
            response.id, of: response.owner, by: writer, status: status, body: response.body, appending: [])
        return response
    }

    /// Responses whose writers have ended, in any process.
    func lost() async throws -> [ResponseLease] {
        try await responses.unfinished(beside: writer, countMax: 256).filter(isLost)
    }

    /// Makes this process the writer of a response; false when another one was faster.
    func claim(_ lease: ResponseLease) async throws -> Bool {
        try await responses.claim(lease, by: writer, at: now())
    }

    private func lostLease(_ response: StoredResponse) -> ResponseLease? {
        guard !response.status.isFinished, let writer = response.writer else { return nil }
        let lease = ResponseLease(
            id: response.id, owner: response.owner, writer: writer, touched: response.touched)
        return isLost(lease) ? lease : nil
    }

    private func isLost(_ lease: ResponseLease) -> Bool {
        lease.writer != writer && (isGone(lease.writer) || now() - lease.touched > Self.silenceMax)
    }

    /// A conversation of whoever asks.
    ///
    /// - Throws: `notFound`, also where it is another's.
    func conversation(_ id: String) async throws -> StoredConversation {
        if Self.isID(id), let found = try await conversations.conversation(id, of: owner) { return found }
        throw Self.noConversation(id)
    }

    static func noConversation(_ id: String) -> ServiceError {
        ServiceError(
            .notFound, "There is no conversation '\(id.prefix(80))'.", hint: "POST /v1/conversations makes one.",
            parameter: "conversation_id")
    }

    /// The items before a request: of the response that it goes on from, or of its conversation.
    func history(_ state: ResponseState) async throws -> [JSONValue] {
        if let previous = state.previous {
            let last = try await response(previous)
            guard last.status == .completed || last.status == .incomplete else {
                throw ServiceError(
                    .conflict, "The response '\(previous)' is \(last.status.rawValue); only a finished one goes on.",
                    hint: "Wait for it: GET /v1/responses/\(previous).", parameter: "previous_response_id")
            }
            let chain = try await responses.chain(to: previous, of: owner)
            if chain.count > StoredResponse.chainMax {
                throw ServiceError(
                    .invalidValue, "More than \(StoredResponse.chainMax) responses follow one from another.",
                    hint: "Send the conversation as 'input'.", parameter: "previous_response_id")
            }
            if let gone = chain.first?.previous {
                throw ServiceError(
                    .notFound, "The response '\(gone)', which '\(previous)' goes on from, is not here any more.",
                    hint: "Send the conversation as 'input'.", parameter: "previous_response_id")
            }
            // What began in a conversation has its items there.
            return chain.flatMap(\.items)
        }
        guard let id = state.conversation else { return [] }
        guard let items = try await conversations.items(of: id, owner) else { throw Self.noConversation(id) }
        return items
    }

    /// Ids are looked up only where they can be some.
    static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }
}

/// What a request says of memory.
struct ResponseState: Sendable, Equatable {
    var isStored = false
    var isBackground = false
    var previous: String?
    var conversation: String?

    static let none = ResponseState()

    /// - Throws: the path of what is wrong.
    init(_ root: JSONField) throws {
        isStored = try root.optional("store")?.bool() ?? true
        isBackground = try root.optional("background")?.bool() ?? false
        if let field = try root.optional("previous_response_id"), field.value != "" {
            previous = try field.keptText(bytesIn: 1...128)
        }
        if let field = try root.optional("conversation") {
            let id = field.value.object == nil ? field : try field.required("id")
            conversation = try id.keptText(bytesIn: 1...128)
            guard previous == nil else { throw field.fail("must not stand beside 'previous_response_id'") }
        }
        guard !isBackground || isStored else {
            throw JSONFieldError(path: "background", problem: "needs 'store', which is false")
        }
        guard conversation == nil || isStored else {
            throw JSONFieldError(path: "conversation", problem: "needs 'store', which is false")
        }
    }

    init() {}

    /// The members of an answer that tell it.
    var members: JSONObject {
        [
            "store": .bool(isStored), "background": .bool(isBackground),
            "previous_response_id": previous.map(JSONValue.string) ?? .null,
            "conversation": conversation.map { ["id": .string($0)] } ?? .null,
        ]
    }
}

extension ResponseMemory {
    /// Tells that this process lives, and forgets responses that are too old or too many.
    ///
    /// - Parameters:
    ///   - time: how long a response is kept.
    ///   - countMax: how many of one owner.
    /// - Throws: errors of the store.
    public func tend(keptFor time: Duration, keptMax countMax: Int) async throws {
        try await responses.touch(writer: writer, at: now())
        let microseconds = Int64(clamping: Int(time / .microseconds(1)))
        try await responses.trim(before: now() - microseconds, keeping: countMax)
    }
}
