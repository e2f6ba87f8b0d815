import Vocabulary

/// What a `SortableID` can name.
public protocol NamedThing: Sendable {
    /// How the names of its kind begin: `conv_`.
    static var idPrefix: String { get }
}

/// The name of something that is stored: a prefix that tells what it is, and 26 characters that sort by when it was made.
public struct SortableID<Thing: NamedThing>: Sendable, Hashable, Comparable, CustomStringConvertible {
    private static var suffixLength: Int { 26 }

    public let text: String

    /// An id from outside or from the store; `nil` for what cannot be one.
    public init?(_ text: String) {
        let prefix = Thing.idPrefix.utf8
        guard text.hasPrefix(Thing.idPrefix), text.utf8.count == prefix.count + Self.suffixLength,
            text.utf8.dropFirst(prefix.count).allSatisfy({ byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            })
        else { return nil }
        self.text = text
    }

    /// A new id.
    ///
    /// - Parameters:
    ///   - moment: now.
    ///   - random: the source of the rest of it.
    public init(at moment: ConversationMoment, using random: inout some RandomNumberGenerator) {
        text =
            Thing.idPrefix + sortableSuffix(millisecondsSinceEpoch: moment.rawValue / 1000, using: &random)
    }

    public var description: String { text }
    public static func < (left: SortableID, right: SortableID) -> Bool { left.text < right.text }
}

/// Names a conversation.
public typealias ConversationID = SortableID<Conversation>

/// Names a message. Unique in the database, so that it may be asked for without its conversation's id.
public typealias MessageID = SortableID<Message>

/// Names something that is remembered.
public typealias MemoryID = SortableID<UserMemory>

/// Names a context. `global` is none, and so belongs to nobody.
public typealias ContextID = SortableID<ContextSpace>

extension Conversation: NamedThing { public static var idPrefix: String { "conv_" } }
extension Message: NamedThing { public static var idPrefix: String { "msg_" } }
extension UserMemory: NamedThing { public static var idPrefix: String { "mem_" } }
extension ContextSpace: NamedThing { public static var idPrefix: String { "ctx_" } }
extension ContextDocument: NamedThing { public static var idPrefix: String { "doc_" } }
extension UserProfile: NamedThing { public static var idPrefix: String { "prof_" } }
