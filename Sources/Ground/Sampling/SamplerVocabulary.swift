/// What samplers know of a model's vocabulary. Made once for a model and shared by its sequences.
public struct SamplerVocabulary: Sendable {
    /// The length of a row of logits.
    public let count: Int
    /// The tokens that end an answer.
    public let endTokens: Set<Int32>
    /// The token that ends a turn, or else an answer; the infill sampler falls back to it.
    public let endOfTurn: Int32?
    /// The bytes of a token; those of control tokens only when the second argument says so.
    let piece: @Sendable (Int32, Bool) -> [UInt8]
    /// The tokens of a text, without special ones.
    let tokenize: @Sendable ([UInt8]) -> [Int32]
    private let breakers = BreakerCache()

    /// - Parameters:
    ///   - count: how many tokens there are; at least 1.
    ///   - endTokens: the tokens that end an answer.
    ///   - endOfTurn: the token that ends a turn, or an answer when the model knows no turns.
    ///   - piece: gives a token's bytes; empty for control tokens unless its second argument is true. Asked for every
    ///     token when DRY first meets a list of breakers, and by the infill sampler.
    ///   - tokenize: gives a text's tokens; adds and reads no special ones.
    public init(
        count: Int, endTokens: some Sequence<Int32> = [], endOfTurn: Int32? = nil,
        piece: @escaping @Sendable (_ token: Int32, _ withControl: Bool) -> [UInt8] = { _, _ in [] },
        tokenize: @escaping @Sendable (_ text: [UInt8]) -> [Int32] = { _ in [] }
    ) {
        precondition(count > 0, "a vocabulary has tokens")
        self.count = count
        self.endTokens = Set(endTokens)
        self.endOfTurn = endOfTurn
        self.piece = piece
        self.tokenize = tokenize
    }

    /// The breakers of these texts. Slow for a list that was not asked for lately: it looks at every token.
    func sequenceBreakers(_ texts: [String]) -> SequenceBreakers {
        breakers.get(texts) {
            SequenceBreakers(
                texts: texts.map { Array($0.utf8) }, vocabularyCount: count, piece: { piece($0, true) },
                tokenize: tokenize)
        }
    }
}
