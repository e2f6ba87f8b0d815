/// Which sequences are computed next, of all that wait. Pure.
///
/// Requests take turns, one sequence each, in the order of their arrival: a single question is not held up by a request
/// of thousands of texts that came before it. Memory: the sequences themselves.
struct EmbeddingQueue {
    struct Entry: Sendable {
        let key: UInt64
        /// None empty.
        let sequences: [[Int32]]
        let deadline: ContinuousClock.Instant?
        fileprivate(set) var next = 0

        init(key: UInt64, sequences: [[Int32]], deadline: ContinuousClock.Instant?) {
            self.key = key
            self.sequences = sequences
            self.deadline = deadline
        }
    }

    /// One sequence of a request.
    struct Piece: Sendable, Equatable {
        let key: UInt64
        /// Its place in the request.
        let index: Int
        let tokens: [Int32]
    }

    /// Entries with sequences that were not taken yet; the next turn first.
    private(set) var turns: [Entry] = []

    /// Adds a request; one without sequences is never heard of again.
    mutating func add(_ entry: Entry) { if !entry.sequences.isEmpty { turns.append(entry) } }

    mutating func remove(_ key: UInt64) { turns.removeAll { $0.key == key } }

    /// Requests that are too late at a time and have not been taken whole.
    func expired(_ now: ContinuousClock.Instant) -> [UInt64] {
        turns.filter { $0.deadline.map { $0 <= now } ?? false }.map(\.key)
    }

    /// Takes the next batch: in turns, as many sequences as fit, and at least one. The first that does not fit ends the batch,
    /// so that a long text is not overtaken for ever.
    ///
    /// - Parameters:
    ///   - tokensMax: tokens of the batch.
    ///   - sequencesMax: sequences of the batch, at least 1.
    /// - Returns: none when nothing waits.
    mutating func batch(tokensMax: Int, sequencesMax: Int) -> [Piece] {
        var pieces: [Piece] = []
        var tokens = 0
        while pieces.count < sequencesMax, var entry = turns.first {
            let sequence = entry.sequences[entry.next]
            guard pieces.isEmpty || tokens + sequence.count <= tokensMax else { break }
            pieces.append(Piece(key: entry.key, index: entry.next, tokens: sequence))
            tokens += sequence.count
            entry.next += 1
            turns.removeFirst()
            if entry.next < entry.sequences.count { turns.append(entry) }
        }
        return pieces
    }
}
