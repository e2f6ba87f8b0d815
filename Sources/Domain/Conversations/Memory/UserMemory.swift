/// Something that is remembered of a user: one sentence, with where it comes from and when it was true.
///
/// What it says never changes. Where something else is true now, another memory takes its place, and this one's validity ends.
public struct UserMemory: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// What the user wants of answers.
        case preference
        /// Something that is so.
        case fact
        /// Who the user is.
        case profile
    }

    /// Who has written it down.
    public enum Origin: String, Sendable { case user, model }

    /// The sentence as subject, predicate and object, where it is one: an edge of the knowledge graph.
    public struct Statement: Sendable, Equatable {
        public var subject: String
        public var predicate: String
        public var object: String

        public init(subject: String, predicate: String, object: String) {
            self.subject = subject
            self.predicate = predicate
            self.object = object
        }
    }

    public let id: MemoryID
    public let owner: ConversationOwner
    /// The context that it stays in; `nil` for what belongs to none.
    public var context: ContextID?
    public var kind: Kind
    public var text: String
    public var statement: Statement?
    /// 0 to 1.
    public var confidence: Double
    public var isPinned: Bool
    public var origin: Origin
    public var conversation: ConversationID?
    public var message: MessageID?
    public var validFrom: ConversationMoment
    /// `nil` while it is true.
    public var validTo: ConversationMoment?
    /// What it took the place of.
    public var replaces: MemoryID?
    /// What took its place.
    public var replacedBy: MemoryID?
    public let created: ConversationMoment
    /// When an answer was last told of it; at first, when it was made.
    public var used: ConversationMoment
    public var useCount: Int
    public var revision: Int64

    public init(
        id: MemoryID, owner: ConversationOwner, kind: Kind = .fact, text: String, statement: Statement? = nil,
        confidence: Double = 1, origin: Origin = .user, created: ConversationMoment
    ) {
        self.id = id
        self.owner = owner
        self.kind = kind
        self.text = text
        self.statement = statement
        self.confidence = confidence
        self.origin = origin
        self.created = created
        isPinned = false
        validFrom = created
        used = created
        useCount = 0
        revision = 1
    }

    public func isValid(at moment: ConversationMoment) -> Bool {
        validFrom <= moment && validTo.map { moment < $0 } ?? true
    }

    /// Small letters, and single spaces between words: what two wordings of the same have in common.
    public static func key(_ text: String) -> String {
        text.lowercased().split { !($0.isLetter || $0.isNumber) }.joined(separator: " ")
    }
}

/// Bounds of memory.
public enum MemoryLimits {
    public static let textBytesMax = 1_000
    /// Of a subject, a predicate and an object.
    public static let wordBytesMax = 200
    /// A memory that waits to be learned from a turn is given up after so many attempts.
    public static let attemptsMax = 5
}

/// What a user wants of memory.
public struct MemorySettings: Sendable, Equatable {
    public static let budgetAllowed = 50...4_000
    public static let daysAllowed = 1...3_650

    /// Whether models write down what they learn from conversations.
    public var learns = false
    /// Whether answers are told what is remembered.
    public var isUsed = true
    /// Whether answers are told what was said in other conversations.
    public var usesConversations = true
    /// Who learns; `nil` is whoever answers.
    public var model: String?
    /// Tokens that one message may be given from memory, estimated at four bytes each.
    public var budgetTokens = 400
    /// Days after which what is not pinned and not used is forgotten; `nil` is never.
    public var keepDays: Int?
    /// Counts changes; 0 where the user has chosen nothing yet.
    public var revision: Int64 = 0

    public init(keepDays: Int? = 30) { self.keepDays = keepDays }

    public var budgetBytes: Int { budgetTokens * 4 }
}
