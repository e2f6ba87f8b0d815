public import Conversations
import HTTPServing
import JSONText
import RequestScope
import Vocabulary

/// What the routes of memory and contexts work with.
public struct UserMemoryTools: Sendable {
    public var memories: any UserMemoryStore
    public var spaces: any ContextSpaceStore
    public var conversations: any ConversationStore
    public var search: any MemorySearching
    /// Of users who have chosen nothing.
    public var standard: MemorySettings
    /// Memories of one user.
    public var countMax: Int
    public var now: @Sendable () -> ConversationMoment
    /// Takes something that is forgotten out of what later prompts repeat.
    public var forgetNotes: @Sendable (_ source: String, ConversationOwner) async throws -> Void

    public init(
        memories: any UserMemoryStore, spaces: any ContextSpaceStore, conversations: any ConversationStore,
        search: any MemorySearching, standard: MemorySettings, countMax: Int,
        now: @escaping @Sendable () -> ConversationMoment,
        forgetNotes: @escaping @Sendable (_ source: String, ConversationOwner) async throws -> Void
    ) {
        self.memories = memories
        self.spaces = spaces
        self.conversations = conversations
        self.search = search
        self.standard = standard
        self.countMax = countMax
        self.now = now
        self.forgetNotes = forgetNotes
    }

    func memory(of request: HTTPRequest) async throws -> UserMemory {
        let text = request.parameters.string("memory")
        guard let id = MemoryID(text), let found = try await memories.memory(id, of: request.owner) else {
            throw ServiceError.noMemory(text)
        }
        return found
    }

    func space(of request: HTTPRequest) async throws -> ContextSpace {
        let text = request.parameters.string("context")
        guard let id = ContextID(text), let found = try await spaces.space(id, of: request.owner) else {
            throw ServiceError.noContext(text)
        }
        return found
    }
}

extension JSONField {
    func contextID() throws(JSONFieldError) -> ContextID {
        guard let id = ContextID(try string()) else { throw fail("is no context's id, which begins with ctx_") }
        return id
    }

    func onOrOff() throws(JSONFieldError) -> Bool {
        switch try string() {
        case "on": return true
        case "off": return false
        default: throw fail("must be on, off or null")
        }
    }
}

extension ServiceError {
    static func noMemory(_ id: String) -> ServiceError {
        ServiceError(.notFound, "There is no memory '\(id.prefix(64))'.", hint: "GET /api/v1/memories lists yours.")
    }

    static func noContext(_ id: String) -> ServiceError {
        ServiceError(
            .notFound, "There is no context '\(id.prefix(64))'.", hint: "GET /api/v1/contexts lists yours.",
            parameter: "context")
    }

    init(_ refusal: SpaceRefusal) {
        switch refusal {
        case .noContext: self = .noContext("")
        case .tooManyContexts:
            self.init(
                .conflict, "There are \(ContextLimits.contextsMax) contexts, and there may not be more.",
                hint: "Remove one first.")
        case .tooManyConversations:
            self.init(
                .conflict, "The context has \(ContextLimits.conversationsMax) conversations, and holds no more.",
                hint: "Move some out of it, or make another one.")
        case .tooManyDocuments:
            self.init(
                .conflict, "The context has \(ContextLimits.documentsMax) documents, and holds no more.",
                hint: "Remove one first.")
        case .documentsTooLarge:
            self.init(
                .conflict, "The context's documents would be more than \(ContextLimits.documentsBytesMax >> 20) MiB.",
                hint: "Remove some first.")
        }
    }

    init(_ refusal: MemoryRefusal) {
        switch refusal {
        case .noContext: self = .noContext("")
        case .full:
            self.init(
                .conflict, "As much is remembered as may be, and all of it is pinned.",
                hint: "Forget something, or take a pin off.")
        case .nothingToReplace:
            self.init(
                .conflict, "What was to be replaced is not remembered, or no longer true.",
                hint: "Read it again; GET …/history shows what took its place.", parameter: "replaces")
        }
    }
}
