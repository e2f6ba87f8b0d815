import Vocabulary

/// Which positions go when a sequence has filled its context and is to go on. Pure.
///
/// Source: llama-server's rule (`server-context.cpp`, `n_keep` and `n_discard`).
struct ShiftPolicy: Sendable, Equatable {
    /// Positions at the beginning that stay.
    let kept: Int
    /// Positions that go at once; `nil` is half of the others.
    let discarded: Int?

    /// Positions at the end of the context that are never among those that stay, so that something can go.
    private static let leftMin = 4

    /// - Parameters:
    ///   - shift: what the request asks for.
    ///   - fallback: what the server does where the request says nothing.
    ///   - promptCount: tokens of the prompt.
    ///   - hasBegin: whether each text begins with a token of its own, which stays as well.
    ///   - contextTokens: tokens that one sequence has at most.
    init(_ shift: ContextShift, over fallback: ContextShift, promptCount: Int, hasBegin: Bool, contextTokens: Int) {
        let wanted: Int
        switch shift.kept ?? fallback.kept ?? .tokens(0) {
        case .prompt: wanted = promptCount
        case .tokens(let count): wanted = min(count, contextTokens) + (hasBegin ? 1 : 0)
        }
        kept = max(0, min(wanted, contextTokens - Self.leftMin))
        discarded = shift.discarded ?? fallback.discarded
    }

    /// The positions that go.
    ///
    /// - Parameter held: positions that the sequence has, from 0.
    /// - Returns: at least one position after those that stay, and never the last one; `nil` when there is none.
    func dropped(of held: Int) -> Range<Int>? {
        let left = held - kept
        guard left > 1 else { return nil }
        let count = min(max(1, discarded ?? left / 2), left - 1)
        return kept..<kept + count
    }
}
