/// The sequences that are computed together next. Pure.
///
/// The room says whose turn it is; each turn adds one sequence of a request, or as many as fit when nobody else waits: a
/// single question is not held up by a request of thousands of texts that came before it. The first sequence that does not
/// fit ends the batch, so that a long one is not overtaken for ever.
struct BatchPlan {
    /// One sequence of a request.
    struct Piece: Sendable, Equatable {
        let key: UInt64
        /// Its place in the request.
        let index: Int
        let tokens: [Int32]
    }

    let tokensMax: Int
    let sequencesMax: Int
    private(set) var pieces: [Piece] = []
    private(set) var tokenCount = 0

    /// - Parameters:
    ///   - tokensMax: tokens of the batch; a single sequence may have more.
    ///   - sequencesMax: sequences of the batch, at least 1.
    init(tokensMax: Int, sequencesMax: Int) {
        self.tokensMax = tokensMax
        self.sequencesMax = sequencesMax
    }

    /// Adds what a request has next.
    ///
    /// - Parameters:
    ///   - job: the request.
    ///   - rest: what is left of it; it shrinks by what was taken.
    ///   - isAlone: whether no other request waits.
    /// - Returns: the work that was taken; `nil` when nothing more fits.
    mutating func take(from job: EmbeddingJob, _ rest: inout Rest, isAlone: Bool) -> WorkPart? {
        let before = tokenCount
        repeat {
            guard rest.next < job.sequences.count, takes(job.sequences[rest.next].count) else { break }
            let tokens = job.sequences[rest.next]
            pieces.append(Piece(key: job.key, index: rest.next, tokens: tokens))
            tokenCount += tokens.count
            rest.next += 1
            rest.tokens -= tokens.count
        } while isAlone
        guard tokenCount > before else { return nil }
        return WorkPart(work: tokenCount - before, left: rest.tokens)
    }

    private func takes(_ count: Int) -> Bool {
        pieces.isEmpty || pieces.count < sequencesMax && tokenCount + count <= tokensMax
    }

    /// What is left of a request.
    struct Rest: Sendable, Equatable {
        /// The place of the sequence that is taken next.
        var next = 0
        /// Tokens of the sequences from there on.
        var tokens: Int
    }
}
