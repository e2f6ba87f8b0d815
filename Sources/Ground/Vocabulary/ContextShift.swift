/// What goes when an answer outgrows the model's context and is to go on: a part of what came before it.
///
/// Only a server that was started for it shifts contexts; others end such an answer.
public struct ContextShift: Sendable, Equatable {
    /// The beginning that always stays.
    public enum Kept: Sendable, Equatable {
        /// So many tokens, beside the one that begins every text.
        case tokens(Int)
        /// The prompt.
        case prompt
    }

    /// `nil` leaves it to the server.
    public var kept: Kept?
    /// Tokens that go at once; `nil` is half of what does not stay.
    public var discarded: Int?

    public init(kept: Kept? = nil, discarded: Int? = nil) {
        self.kept = kept
        self.discarded = discarded
    }
}
