/// Where contexts are kept. What belongs to somebody else is not found.
public protocol ContextSpaceStore: Sendable {
    /// - Throws: ``SpaceRefusal``.
    func add(_ space: ContextSpace) async throws
    func space(_ id: ContextID, of owner: ConversationOwner) async throws -> ContextSpace?
    /// By name.
    func spaces(of owner: ConversationOwner) async throws -> [ContextSpace]
    /// `false` when somebody else has changed it since `revision`.
    func replace(_ space: ContextSpace, expecting revision: Int64) async throws -> Bool
    /// Removes a context with its documents and memories. Its conversations leave it.
    ///
    /// - Returns: the conversations that were in it; `nil` when there is no such context.
    func removeSpace(_ id: ContextID, of owner: ConversationOwner) async throws -> [ConversationID]?

    /// - Throws: ``SpaceRefusal``.
    func add(_ document: ContextDocument, bytes: [UInt8], of owner: ConversationOwner) async throws
    /// Without their texts, the oldest first.
    func documents(of id: ContextID, owner: ConversationOwner) async throws -> [ContextDocument]
    func document(
        _ id: String, of space: ContextID, owner: ConversationOwner
    ) async throws -> (document: ContextDocument, bytes: [UInt8])?
    func removeDocument(_ id: String, of space: ContextID, owner: ConversationOwner) async throws -> Bool
}

/// Why something was not taken into a context.
public enum SpaceRefusal: Error, Equatable {
    case noContext
    /// The user has as many as there may be.
    case tooManyContexts
    case tooManyConversations
    case tooManyDocuments
    case documentsTooLarge
}
