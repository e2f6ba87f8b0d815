import Vocabulary

/// Cuts sequences that are too long and leaves the begin and end tokens where they were. Pure.
struct TextEnds: Sendable {
    private let truncation: Truncation
    /// The begin token and the end token that the vocabulary puts around texts.
    private let begin: Int32?
    private let end: Int32?

    /// - Parameters:
    ///   - truncation: what is to be cut.
    ///   - special: the tokens of an empty text: a begin token, an end token, both or none.
    init(_ truncation: Truncation, special: [Int32]) {
        self.truncation = truncation
        begin = special.first
        end = special.last
    }

    /// - Parameters:
    ///   - tokens: a sequence.
    ///   - limit: tokens at most, unless less is to be kept.
    /// - Returns: the sequence, or what is kept of it.
    func cut(_ tokens: [Int32], to limit: Int) -> [Int32] {
        let most = min(limit, truncation.tokensMax ?? limit)
        guard tokens.count > most else { return tokens }
        let head = tokens.first == begin && begin != nil ? tokens.prefix(1) : []
        let tail = tokens.last == end && end != nil ? tokens.suffix(1) : []
        guard most > head.count + tail.count else { return Array(tokens.prefix(most)) }
        let body = tokens.dropFirst(head.count).dropLast(tail.count)
        let room = most - head.count - tail.count
        return head + (truncation.side == .end ? body.prefix(room) : body.suffix(room)) + tail
    }
}
