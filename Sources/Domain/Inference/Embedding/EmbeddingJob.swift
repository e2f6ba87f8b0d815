import Vocabulary

/// A request for vectors that was let in: its sequences, and who waits for what they become.
struct EmbeddingJob: Waiter {
    typealias Answer = @Sendable (Result<[[[Float]]], any Error>) -> Void

    let key: UInt64
    /// At least one, none empty, each within the model's bound.
    let sequences: [[Int32]]
    let scheduling: SchedulingOptions
    let arrived: ContinuousClock.Instant
    /// Tokens of all sequences.
    let expectedWork: Int
    /// Called once, with the vectors of each sequence.
    let answer: Answer

    init(
        key: UInt64, sequences: [[Int32]], scheduling: SchedulingOptions, arrived: ContinuousClock.Instant,
        answer: @escaping Answer
    ) {
        self.key = key
        self.sequences = sequences
        self.scheduling = scheduling
        self.arrived = arrived
        expectedWork = sequences.reduce(0) { $0 + $1.count }
        self.answer = answer
    }

    /// Vectors come all at once, so there is nobody to be told.
    func tell(position: Int) {}
}
