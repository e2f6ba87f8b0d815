/// Whose adapters the next steps compute with, where running sequences have different ones. Pure.
///
/// Each change costs llama.cpp a new plan of its graphs, as much as many small steps, so that a set keeps its turn for a
/// while; then it is the turn of whoever had none for longest. With n sets each waits for at most n - 1 turns, each of which
/// is `turnMax` and the step during which that passes.
struct AdapterTurns {
    /// Whose turn it is; `nil` before the first step.
    private(set) var current: AdapterSet?
    /// How long it has computed while others waited.
    private(set) var used = Duration.zero
    /// When each set had its last turn, for those that are running.
    private var turns: [AdapterSet: UInt64] = [:]
    private var turn: UInt64 = 0
    /// What the last step computed with.
    private var last: AdapterSet?

    /// Long against a change of adapters, which takes 1 to 5 ms, and short for a reader.
    static let turnMax = Duration.milliseconds(50)

    /// Chooses whose turn it is.
    ///
    /// - Parameter sets: of the sequences that could be computed, at least one, in the order in which they started.
    /// - Returns: one of them.
    mutating func next(among sets: [AdapterSet]) -> AdapterSet {
        precondition(!sets.isEmpty, "the caller has something to compute")
        if let current, used < Self.turnMax, sets.contains(current) { return current }
        turns = turns.filter { sets.contains($0.key) }
        // The first of those that are equal: who came first.
        let chosen = sets.min { turns[$0, default: 0] < turns[$1, default: 0] } ?? sets[0]
        begin(chosen)
        return chosen
    }

    /// The only set in use needs no turns.
    mutating func alone(_ set: AdapterSet) {
        used = .zero
        guard current != set else { return }
        turns = [:]
        begin(set)
    }

    private mutating func begin(_ set: AdapterSet) {
        turn += 1
        turns[set] = turn
        current = set
        used = .zero
    }

    /// Notes what the next step computes with.
    ///
    /// - Parameter set: of its sequences; `nil` for a step without any.
    /// - Returns: whether the step before computed with something else.
    mutating func changes(to set: AdapterSet?) -> Bool {
        defer { last = set ?? last }
        return set != nil && last != nil && set != last
    }

    /// Notes how long a step took. Where nobody waits for a turn, the next plan forgets it.
    mutating func computed(for duration: Duration) { used += duration }
}
