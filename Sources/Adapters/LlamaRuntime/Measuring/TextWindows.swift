/// A text in pieces of equal length, as a model is measured on it.
///
/// Source: llama.cpp `tools/perplexity`: pieces follow each other; where the vocabulary wants a begin token, it takes the place of
/// each piece's first one. The second half of each piece is scored, so that every score had at least half a piece before it.
public struct TextWindows: Sendable, Equatable {
    /// Tokens of each piece.
    public let length: Int
    public let windows: [[Int32]]

    /// - Parameters:
    ///   - text: the text.
    ///   - model: whose tokens it is cut into.
    ///   - length: tokens of each piece, at least 4.
    ///   - countMax: pieces at most.
    ///   - parsesSpecial: whether marks such as `<|im_start|>` in the text are read as the tokens that they name.
    /// - Throws: `tokenize`, also when the text has fewer tokens than one piece.
    public init(_ text: String, for model: LlamaModel, length: Int, countMax: Int, parsesSpecial: Bool = false)
        throws(LlamaError)
    {
        precondition(length >= 4 && countMax > 0, "the caller checks what it is asked")
        let tokens = try model.tokenize(text, addsSpecial: false, parsesSpecial: parsesSpecial)
        let count = min(countMax, tokens.count / length)
        guard count > 0 else {
            throw LlamaError(
                code: .tokenize,
                message: "the text has \(tokens.count) tokens, and one piece of it needs \(length)")
        }
        let begin = model.addsBeginToken ? model.beginToken : nil
        self.length = length
        windows = (0..<count).map { number in
            var window = Array(tokens[number * length..<(number + 1) * length])
            if let begin { window[0] = begin }
            return window
        }
    }

    /// Positions whose next token is scored.
    public var scored: Range<Int> { length / 2..<length - 1 }
}
