/// How JSON is written by a grammar.
public struct SchemaOptions: Sendable, Equatable {
    /// Where a model may put white space. It is always bounded, so that no answer can be spaces for ever.
    public enum Whitespace: Sendable, Equatable {
        /// None at all.
        case compact
        /// At most one space after a colon; after a comma and inside brackets one space, or a line break and at most
        /// 20 characters of indentation.
        case flexible
    }

    public var whitespace: Whitespace

    public init(whitespace: Whitespace = .flexible) { self.whitespace = whitespace }
}
