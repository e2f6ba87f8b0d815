/// Decides how many tokens of each sequence the next step computes. Pure: no clock, no model.
///
/// Every sequence that is writing gets its one token first, so that a long prompt never stops running answers; prompts
/// share what is left of the batch, oldest first.
struct BatchPolicy: Sendable, Equatable {
    let batchTokensMax: Int

    /// What the policy needs to know of one sequence.
    struct Candidate: Equatable {
        /// Tokens that are known and not yet computed: the rest of a prompt, or the one token that was written last.
        let pending: Int
        let isWriting: Bool
    }

    /// How many tokens of each candidate to compute, in the candidates' order (oldest first).
    func shares(of candidates: [Candidate]) -> [Int] {
        var left = batchTokensMax
        var shares = [Int](repeating: 0, count: candidates.count)
        for (index, candidate) in candidates.enumerated() where candidate.isWriting && left > 0 {
            shares[index] = min(candidate.pending, 1)
            left -= shares[index]
        }
        for (index, candidate) in candidates.enumerated() where !candidate.isWriting && left > 0 {
            shares[index] = min(candidate.pending, left)
            left -= shares[index]
        }
        return shares
    }
}
