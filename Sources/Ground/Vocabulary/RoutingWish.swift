/// What a caller says of who is to answer, beside the name of a model.
public struct RoutingWish: Sendable, Equatable {
    /// Words that routes may have rules for; also for sorting what was used.
    public var tags: [String] = []
    /// A model that the caller would rather have, where the route has it.
    public var preference: String?
    /// The ensemble that is to answer.
    public var ensemble: String?
    /// How long until the first piece of the answer.
    public var firstTokenMax: Duration?
    /// How long until the answer is whole.
    public var totalMax: Duration?

    public static let tagsMax = 16
    public static let tagBytesMax = 64

    public init() {}

    /// Whether a text can be a tag: 1 to 64 letters, digits, `-`, `_`, `.`, `:`, `/`, `=`.
    public static func isTag(_ text: String) -> Bool {
        (1...tagBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.:/=".utf8.contains(byte)
                }
            }
    }
}
