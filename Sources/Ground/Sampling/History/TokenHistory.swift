/// The tokens of one sequence so far, and how often each one is among the last of them.
///
/// Bounded by what the engine accepts for the sequence, four bytes a token.
struct TokenHistory: Sendable {
    private(set) var tokens: [Int32]
    /// How many of the last tokens are counted.
    private(set) var window = 0
    /// How often each token is among the last `window`.
    private(set) var counts: [Int32: Int32] = [:]

    init(_ tokens: some Sequence<Int32>) { self.tokens = Array(tokens) }

    /// Counts the last `window` tokens from now on.
    mutating func count(last window: Int) {
        guard window != self.window else { return }
        self.window = window
        counts.removeAll(keepingCapacity: true)
        for token in tokens.suffix(window) { counts[token, default: 0] += 1 }
    }

    mutating func append(_ token: Int32) {
        tokens.append(token)
        guard window > 0 else { return }
        counts[token, default: 0] += 1
        guard tokens.count > window else { return }
        let gone = tokens[tokens.count - 1 - window]
        if let left = counts[gone] { counts[gone] = left > 1 ? left - 1 : nil }
    }
}
