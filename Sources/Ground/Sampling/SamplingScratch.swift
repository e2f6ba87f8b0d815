/// Memory for choosing tokens, made once and used for one sequence after the other, so that a choice allocates nothing.
///
/// Not `Sendable`: confined to the thread that chooses tokens. It holds nothing between two choices.
public final class SamplingScratch {
    let row: LogitRow
    var candidates = Candidates()

    /// - Parameter vocabularyCount: the length of the rows of logits; at least 1.
    public init(vocabularyCount: Int) {
        precondition(vocabularyCount > 0, "a vocabulary has tokens")
        row = LogitRow(count: vocabularyCount)
    }
}
