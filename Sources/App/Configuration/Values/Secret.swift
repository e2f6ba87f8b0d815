/// A password, key or token. It can be compared and handed on, but printing it or anything that contains it shows only
/// that it is there.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself. Every use of this name is a place to review.
    public let revealed: String

    public init(_ text: String) { revealed = text }

    /// What stands for every secret in reports.
    public static let hidden = "(set, hidden)"

    public var description: String { Self.hidden }
    public var debugDescription: String { Self.hidden }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
