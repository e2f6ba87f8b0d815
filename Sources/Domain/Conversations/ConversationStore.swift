/// Where conversations are kept. Each function is one transaction; what it has done when it returns survives a crash. What
/// belongs to somebody else is not found.
public protocol ConversationStore: Sendable {
    func add(_ conversation: Conversation) async throws
    /// A conversation with its messages, all or nothing: for imports, forks and copies. Parents come before children.
    func add(_ conversation: Conversation, messages: [Message]) async throws
    func find(_ id: ConversationID, of owner: ConversationOwner) async throws -> Conversation?
    /// Newest use first; pinned ones before all others on the first page.
    func list(_ filter: ConversationFilter, of owner: ConversationOwner) async throws -> [Conversation]
    /// Replaces what is known of a conversation. `false` when somebody else has changed it since `revision`.
    func replace(_ conversation: Conversation, expecting revision: Int64) async throws -> Bool
    /// Removes a conversation with its messages and share links.
    func remove(_ id: ConversationID, of owner: ConversationOwner) async throws -> Bool
    /// Removes temporary conversations that were last used before a moment; returns how many.
    func removeTemporary(usedBefore moment: ConversationMoment) async throws -> Int
    /// Folders and tags in use, with the number of conversations in each.
    func groups(of owner: ConversationOwner) async throws -> ConversationGroups

    /// Adds a message behind its parent, and makes it the conversation's head. Counts the conversation's revision up.
    ///
    /// - Throws: ``MessageRefusal``.
    func append(_ message: Message, of owner: ConversationOwner) async throws
    func message(_ id: MessageID, of owner: ConversationOwner) async throws -> Message?
    /// Replaces a message. `false` when somebody else has changed it since `revision`.
    func replace(_ message: Message, of owner: ConversationOwner, expecting revision: Int64) async throws -> Bool
    /// Removes a message and all that follow it. The head moves to what is left of its branch.
    ///
    /// - Returns: how many were removed; 0 when there is none of this id.
    func removeSubtree(_ id: MessageID, of owner: ConversationOwner) async throws -> Int
    /// The shape of a conversation.
    func tree(_ id: ConversationID, of owner: ConversationOwner) async throws -> MessageTree
    /// Messages by id, in the order that was asked for; unknown ones are left out.
    func messages(_ ids: [MessageID], of owner: ConversationOwner) async throws -> [Message]
    /// Answers that were being written when a process ended: marked as stopped. Returns how many.
    func settleWriting() async throws -> Int
    /// The same for answers of certain writers, while others go on.
    func settleWriting(of writers: [String]) async throws -> Int

    /// Messages that hold all words, best first.
    func search(_ query: MessageQuery, of owner: ConversationOwner) async throws -> [MessageHit]

    func add(_ share: ShareLink, of owner: ConversationOwner) async throws
    func shares(of conversation: ConversationID, owner: ConversationOwner) async throws -> [ShareLink]
    /// By the digest of its secret, whoever asks.
    func share(digest: String) async throws -> (link: ShareLink, owner: ConversationOwner)?
    func removeShare(_ id: String, of owner: ConversationOwner) async throws -> Bool
}

/// Why a message was not added.
public enum MessageRefusal: Error, Equatable {
    case noConversation
    /// The parent is not a message of the conversation.
    case noParent
    case full
}

/// Which conversations to list.
public struct ConversationFilter: Sendable, Equatable {
    public static let countAllowed = 1...500

    public var folder: String?
    public var tag: String?
    public var isArchived: Bool
    public var isPinned: Bool?
    /// Words of the title.
    public var title: String?
    public var space: SpaceFilter?
    /// For the next page: only those that were used before.
    public var before: ConversationMoment?
    public var countMax: Int

    public init(
        folder: String? = nil, tag: String? = nil, isArchived: Bool = false, isPinned: Bool? = nil,
        title: String? = nil, space: SpaceFilter? = nil, before: ConversationMoment? = nil, countMax: Int = 100
    ) {
        self.folder = folder
        self.tag = tag
        self.isArchived = isArchived
        self.isPinned = isPinned
        self.title = title
        self.space = space
        self.before = before
        self.countMax = min(max(countMax, Self.countAllowed.lowerBound), Self.countAllowed.upperBound)
    }
}

/// Folders and tags in use, by name.
public struct ConversationGroups: Sendable, Equatable {
    public var folders: [String: Int]
    public var tags: [String: Int]

    public init(folders: [String: Int], tags: [String: Int]) {
        self.folders = folders
        self.tags = tags
    }
}

/// What to look for in messages.
public struct MessageQuery: Sendable, Equatable {
    public static let countAllowed = 1...200

    /// As it was typed.
    public var text: String
    /// All of them must occur, as whole words or, the last one, as the beginning of one.
    public var words: [String]
    public var since: ConversationMoment?
    public var until: ConversationMoment?
    public var model: String?
    public var tag: String?
    public var hasAttachments: Bool?
    public var role: String?
    public var space: SpaceFilter?
    public var countMax: Int

    /// - Parameters:
    ///   - text: what a person typed; punctuation separates words. At most 16 words count.
    ///   - countMax: hits at most.
    public init(_ text: String, countMax: Int = 50) {
        self.text = text
        words = Array(
            text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.prefix(16).map { String($0.prefix(64)) })
        self.countMax = min(max(countMax, Self.countAllowed.lowerBound), Self.countAllowed.upperBound)
    }
}

/// A message that was found.
public struct MessageHit: Sendable, Equatable {
    public var conversation: ConversationID
    public var title: String
    public var message: MessageID
    public var role: String
    /// Some words around the place, which stands between U+0002 and U+0003.
    public var excerpt: String
    public var created: ConversationMoment
    public var foundBy: [FoundBy] = [.text]
    /// A cosine, or what ranks give together; `nil` for words alone.
    public var score: Double?

    public init(
        conversation: ConversationID, title: String, message: MessageID, role: String, excerpt: String,
        created: ConversationMoment
    ) {
        self.conversation = conversation
        self.title = title
        self.message = message
        self.role = role
        self.excerpt = excerpt
        self.created = created
    }
}

/// A read-only view of one branch for whoever has the link. The secret itself is kept by nobody.
public struct ShareLink: Sendable, Equatable {
    /// For its owner: `share_…`.
    public var id: String
    public var conversation: ConversationID
    /// The branch that is shown ends here.
    public var leaf: MessageID
    /// SHA-256 of the secret, 64 hexadecimal digits.
    public var digest: String
    /// What readers see above it; the conversation's own title where it is `nil`.
    public var title: String?
    public var created: ConversationMoment
    public var expires: ConversationMoment?

    public init(
        id: String, conversation: ConversationID, leaf: MessageID, digest: String, title: String? = nil,
        created: ConversationMoment, expires: ConversationMoment?
    ) {
        self.id = id
        self.conversation = conversation
        self.leaf = leaf
        self.digest = digest
        self.title = title
        self.created = created
        self.expires = expires
    }

    public func isValid(at now: ConversationMoment) -> Bool { expires.map { now < $0 } ?? true }
}
