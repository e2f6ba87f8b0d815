public import Conversations
public import JSONText
import Vocabulary

/// What conversations ask of memory and contexts.
public struct ConversationSurroundings: Sendable {
    /// Finds messages by meaning; `nil` finds them by words only.
    let meaning: (any MessageSearching)?
    /// What an order becomes in its context.
    let enter: @Sendable (AnswerOrder) async throws -> AnswerOrder
    /// What answers were told beside the messages, as the API tells it; messages that were told nothing are left out.
    let memoriesUsed: @Sendable ([Message], ConversationOwner) async throws -> [MessageID: [JSONValue]]

    public init(
        search: (any MessageSearching)? = nil,
        enter: @escaping @Sendable (AnswerOrder) async throws -> AnswerOrder = { $0 },
        memoriesUsed: @escaping @Sendable ([Message], ConversationOwner) async throws -> [MessageID: [JSONValue]] = {
            _, _ in [:]
        }
    ) {
        meaning = search
        self.enter = enter
        self.memoriesUsed = memoriesUsed
    }

    func search(_ store: any ConversationStore) -> any MessageSearching { meaning ?? WordSearch(store: store) }
}

/// Search where nothing makes vectors.
private struct WordSearch: MessageSearching {
    let store: any ConversationStore

    func search(_ query: MessageQuery, _ mode: SearchMode, of owner: ConversationOwner) async throws -> MessageFindings
    {
        guard mode != .semantic else {
            throw ServiceError(
                .notSupported, "Nothing finds texts by their meaning here.", hint: "Search with mode=text.",
                parameter: "mode")
        }
        return MessageFindings(
            hits: try await store.search(query, of: owner), mode: .text, meaning: MeaningState())
    }
}

extension ConversationTools {
    /// Tells in the API's words why a conversation was not taken into a context.
    func keeping<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let refusal as SpaceRefusal { throw ServiceError(refusal) }
    }
}
