import Vocabulary

/// Names a conversation: `conv_…`, sortable by when it was made.
public struct ConversationID: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// An id from outside or from the store; `nil` for what cannot be one.
    public init?(_ text: String) {
        guard SortableID.isWellFormed(text, prefix: "conv_") else { return nil }
        self.text = text
    }

    /// A new id.
    ///
    /// - Parameters:
    ///   - moment: now.
    ///   - random: the source of the rest of it.
    public init(at moment: ConversationMoment, using random: inout some RandomNumberGenerator) {
        text = SortableID.make(prefix: "conv_", at: moment, using: &random)
    }

    public var description: String { text }
}

/// Names a message: `msg_…`. Unique in the database, so that it may be asked for without its conversation's id.
public struct MessageID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    /// An id from outside or from the store; `nil` for what cannot be one.
    public init?(_ text: String) {
        guard SortableID.isWellFormed(text, prefix: "msg_") else { return nil }
        self.text = text
    }

    /// A new id.
    ///
    /// - Parameters:
    ///   - moment: now.
    ///   - random: the source of the rest of it.
    public init(at moment: ConversationMoment, using random: inout some RandomNumberGenerator) {
        text = SortableID.make(prefix: "msg_", at: moment, using: &random)
    }

    public var description: String { text }
    public static func < (left: MessageID, right: MessageID) -> Bool { left.text < right.text }
}

/// A moment as the store keeps it: whole microseconds since 1970-01-01T00:00:00Z.
public struct ConversationMoment: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
    public init(microseconds: Int64) { rawValue = microseconds }

    public static func < (earlier: Self, later: Self) -> Bool { earlier.rawValue < later.rawValue }
    public static func + (moment: Self, duration: Duration) -> Self {
        Self(rawValue: moment.rawValue + Int64(duration / .microseconds(1)))
    }
}

/// A prefix that tells what is named, and 26 characters that sort by time.
enum SortableID {
    private static let suffixLength = 26

    static func make(
        prefix: String, at moment: ConversationMoment, using random: inout some RandomNumberGenerator
    ) -> String {
        prefix + sortableSuffix(millisecondsSinceEpoch: moment.rawValue / 1000, using: &random)
    }

    static func isWellFormed(_ text: String, prefix: String) -> Bool {
        guard text.hasPrefix(prefix), text.utf8.count == prefix.utf8.count + suffixLength else { return false }
        return text.utf8.dropFirst(prefix.utf8.count).allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        }
    }
}
