/// What a running engine tells about itself, and does beside writing answers.
public protocol EngineInspecting: Sendable {
    /// Whether the model has left memory until somebody asks for something.
    var isSleeping: Bool { get }
    /// The tokens of a text, with the bytes that each stands for.
    func tokenize(_ text: String, addsSpecial: Bool, parsesSpecial: Bool) async throws(ServiceError) -> [TokenPiece]
    /// The bytes of a list of tokens; texts of control tokens are in it.
    func detokenize(_ tokens: [Int32]) async throws(ServiceError) -> [UInt8]
    /// The prompt that a chat request would be, as text.
    func applyTemplate(_ request: GenerationRequest) async throws(ServiceError) -> String
    /// The sequences that can be written at once, and what each is doing.
    func slots() async throws(ServiceError) -> [SlotReport]
    /// What the prefix cache holds.
    func cache() async throws(ServiceError) -> CacheListing
    /// Forgets a node of the prefix cache and everything below it, in every tier.
    ///
    /// - Parameter node: an id of the listing.
    /// - Returns: how many nodes went; 0 when there is no such node.
    /// - Throws: `ServiceError` when the node is in use by running requests, or the engine stops.
    func invalidateCache(node: UInt64) async throws(ServiceError) -> Int
}

extension EngineInspecting {
    /// An engine by itself never sleeps.
    public var isSleeping: Bool { false }
}

/// One token of a text.
public struct TokenPiece: Sendable, Equatable {
    public var token: Int32
    public var bytes: [UInt8]

    public init(token: Int32, bytes: [UInt8]) {
        self.token = token
        self.bytes = bytes
    }
}

/// One sequence that can be written.
public struct SlotReport: Sendable, Equatable {
    public enum State: String, Sendable {
        case idle, prefilling, writing
        /// Its reader is slow, or it waits for another's prefix.
        case waiting
    }

    public var index: Int
    public var state: State
    public var request: RequestID?
    public var tenant: TenantID?
    public var priority: Priority?
    public var promptTokens: Int
    public var cachedTokens: Int
    /// Positions computed, of prompt and answer.
    public var computedTokens: Int
    public var writtenTokens: Int
    /// Whether tokens may be guessed ahead here.
    public var speculates = false
    /// Guessed tokens of this answer that were verified, and those of them that were right.
    public var draftTokens = 0
    public var acceptedDraftTokens = 0
    /// Of the computed positions, those that were dropped to keep to a budget.
    public var droppedTokens = 0
    /// Tokens that the answer may still have; `nil` when nothing is written.
    public var remainingTokens: Int?
    /// The LoRA adapters that it is computed with.
    public var adapters: [AdapterScale] = []

    public init(
        index: Int, state: State, request: RequestID? = nil, tenant: TenantID? = nil, priority: Priority? = nil,
        promptTokens: Int = 0, cachedTokens: Int = 0, computedTokens: Int = 0, writtenTokens: Int = 0
    ) {
        self.index = index
        self.state = state
        self.request = request
        self.tenant = tenant
        self.priority = priority
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.computedTokens = computedTokens
        self.writtenTokens = writtenTokens
    }
}

/// What the prefix cache holds.
public struct CacheListing: Sendable, Equatable {
    /// One node: a run of tokens that follows its parent's.
    public struct Node: Sendable, Equatable {
        public var id: UInt64
        public var parent: UInt64?
        /// `nil` for the shared scope.
        public var tenant: TenantID?
        /// Position of its first token in the prompt.
        public var start: Int
        public var tokens: Int
        /// Bytes of its keys and values, wherever they are.
        public var bytes: Int
        public var tier: CacheReport.Tier
        public var hits: Int
        /// Running requests that use it now.
        public var users: Int
        public var children: Int
        public var secondsSinceUse: Double
        /// The beginning of its text.
        public var text: String

        public init(
            id: UInt64, parent: UInt64?, tenant: TenantID?, start: Int, tokens: Int, bytes: Int, tier: CacheReport.Tier,
            hits: Int, users: Int, children: Int, secondsSinceUse: Double, text: String
        ) {
            self.id = id
            self.parent = parent
            self.tenant = tenant
            self.start = start
            self.tokens = tokens
            self.bytes = bytes
            self.tier = tier
            self.hits = hits
            self.users = users
            self.children = children
            self.secondsSinceUse = secondsSinceUse
            self.text = text
        }
    }

    /// How full one tier is.
    public struct Use: Sendable, Equatable {
        public var tier: CacheReport.Tier
        public var bytes: Int
        public var bytesMax: Int
        public var nodes: Int

        public init(tier: CacheReport.Tier, bytes: Int, bytesMax: Int, nodes: Int) {
            self.tier = tier
            self.bytes = bytes
            self.bytesMax = bytesMax
            self.nodes = nodes
        }
    }

    public var tiers: [Use]
    public var nodes: [Node]
    /// Cells of the key-value cache, and how many hold something.
    public var cells: Int
    public var cellsUsed: Int
    /// Since the start: prompts looked up, prompts that found something, tokens found, tokens computed.
    public var lookups: Int
    public var hits: Int
    public var tokensReused: Int
    public var tokensComputed: Int
    public var evictions: Int
    /// Positions of running sequences that were dropped to keep to a budget.
    public var tokensDropped = 0
    /// Files that were refused because they were damaged or not of this model.
    public var rejectedFiles: Int

    public init(
        tiers: [Use], nodes: [Node], cells: Int, cellsUsed: Int, lookups: Int, hits: Int, tokensReused: Int,
        tokensComputed: Int, evictions: Int, rejectedFiles: Int
    ) {
        self.tiers = tiers
        self.nodes = nodes
        self.cells = cells
        self.cellsUsed = cellsUsed
        self.lookups = lookups
        self.hits = hits
        self.tokensReused = tokensReused
        self.tokensComputed = tokensComputed
        self.evictions = evictions
        self.rejectedFiles = rejectedFiles
    }
}
