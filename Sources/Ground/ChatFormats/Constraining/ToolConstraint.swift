/// What makes tool calls well-formed, token by token.
public struct ToolConstraint: Sendable, Equatable {
    /// A function whose arguments can be any JSON object, because its schema cannot be enforced.
    public struct Unenforced: Sendable, Equatable {
        public var function: String
        /// Which keyword, as a sentence.
        public var reason: String
    }

    /// The grammar, in GBNF. It matches the answer from its first token on, thinking included; a lazy one from the
    /// beginning of the trigger on, to the end of the answer.
    public var grammar: String
    /// A lazy grammar applies when the answer's text, outside of thinking, holds one of these; without any it is not lazy.
    public var triggers: [String]
    /// Triggers count only where the answer's text begins.
    public var triggersAtStart: Bool
    public var unenforced: [Unenforced]

    public var isLazy: Bool { !triggers.isEmpty }
}
