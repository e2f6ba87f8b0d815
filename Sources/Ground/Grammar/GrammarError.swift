/// Why a grammar, a schema or an expression cannot be used.
public struct GrammarError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The text is not what it should be.
        case syntax
        /// It is well-formed, and no grammar can enforce it: the keyword is named in the message.
        case unsupported
        /// It is larger or deeper than what is allowed.
        case tooLarge
        /// It refers to something that is not there.
        case unresolved
    }

    public var kind: Kind
    /// A full sentence.
    public var message: String
    /// Where: a line and column of a text, or a JSON pointer into a schema.
    public var place: String?

    public init(_ kind: Kind, _ message: String, place: String? = nil) {
        self.kind = kind
        self.message = message
        self.place = place
    }

    public var description: String { place.map { "\(message) (at \($0))" } ?? message }
}
