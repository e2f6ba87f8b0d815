public import JSONText
public import Vocabulary

/// Whose a conversation is. Nobody else finds it, but by a share link.
public struct ConversationOwner: Sendable, Hashable {
    public var tenant: TenantID
    public var user: UserID

    public init(tenant: TenantID, user: UserID) {
        self.tenant = tenant
        self.user = user
    }

    public init(_ principal: Principal) { self.init(tenant: principal.tenant, user: principal.user) }
}

/// What is known of a conversation beside its messages.
public struct Conversation: Sendable, Equatable {
    public let id: ConversationID
    public let owner: ConversationOwner
    public var title: String
    /// A path of names with slashes between; empty is none.
    public var folder: String
    public var tags: [String]
    public var isPinned: Bool
    public var isArchived: Bool
    /// Not listed, not searched, not remembered, and removed a day after it was last used.
    public var isTemporary: Bool
    /// What its answers are asked with: members of a chat request (`model`, `temperature`, `tools`, …) without `messages`.
    public var settings: JSONObject
    /// The space that it belongs to; `nil` for none.
    public var context: ContextID?
    /// Whether memory is used and learned in it; `nil` is as its context or its user has it.
    public var usesMemory: Bool?
    /// The last message of the branch that was looked at last; `nil` in an empty conversation.
    public var head: MessageID?
    /// The conversation and the message that this one was forked from.
    public var origin: Origin?
    public let created: ConversationMoment
    public var updated: ConversationMoment
    /// Counts changes: who changes it says which state was looked at.
    public var revision: Int64
    /// Of all branches.
    public var messageCount: Int

    public struct Origin: Sendable, Equatable {
        public var conversation: ConversationID
        public var message: MessageID

        public init(conversation: ConversationID, message: MessageID) {
            self.conversation = conversation
            self.message = message
        }
    }

    public init(
        id: ConversationID, owner: ConversationOwner, title: String = "", folder: String = "", tags: [String] = [],
        isPinned: Bool = false, isArchived: Bool = false, isTemporary: Bool = false, settings: JSONObject = [:],
        context: ContextID? = nil, usesMemory: Bool? = nil,
        head: MessageID? = nil, origin: Origin? = nil, created: ConversationMoment,
        updated: ConversationMoment? = nil, revision: Int64 = 1, messageCount: Int = 0
    ) {
        self.id = id
        self.owner = owner
        self.title = title
        self.folder = folder
        self.tags = tags
        self.isPinned = isPinned
        self.isArchived = isArchived
        self.isTemporary = isTemporary
        self.settings = settings
        self.context = context
        self.usesMemory = usesMemory
        self.head = head
        self.origin = origin
        self.created = created
        self.updated = updated ?? created
        self.revision = revision
        self.messageCount = messageCount
    }
}

/// Bounds of what is kept, so that one user cannot fill the database by accident.
public enum ConversationLimits {
    public static let titleBytesMax = 512
    public static let folderBytesMax = 512
    public static let tagsMax = 32
    public static let tagBytesMax = 64
    public static let settingsBytesMax = 256 << 10
    /// Of one message, with its attachments.
    public static let messageBytesMax = 16 << 20
    /// Of one conversation, in all branches.
    public static let messagesMax = 200_000
    /// How long a temporary conversation stays after its last use.
    public static let temporaryKept = Duration.seconds(86_400)
}
