/// How an engine guesses tokens ahead of the model, which then verifies several of them in one step. Nothing is guessed
/// unless `looksUp` is set or the engine has a draft model.
public struct SpeculationOptions: Sendable, Equatable {
    /// Rows that one sequence may have in a step beyond its own.
    public static let depthMax = 64

    /// Whether to look for an answer's last tokens in what came before them: prompt look-up.
    public var looksUp = false
    /// Tokens that must agree for a look-up, at least 1.
    public var matchMin = 3
    /// Tokens that a look-up guesses at most, up to `depthMax`.
    public var lookUpTokensMax = 31
    /// Tokens that the draft model guesses at most, up to `depthMax`.
    public var draftTokensMax = 15
    /// Fewer guessed tokens than this are not verified.
    public var tokensMin = 0
    /// The draft model goes on guessing while its best token is at least this likely, 0 to 1.
    public var probabilityMin = 0.0
    /// Whether the number of guessed tokens follows what they are measured to be worth; else it is always the most.
    public var isTuned = true

    public init() {}
}
