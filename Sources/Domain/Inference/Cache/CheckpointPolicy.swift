/// Which states a sequence leaves on its way, for models whose memory cannot be cut, and which of them stay. Pure.
public struct CheckpointPolicy: Sendable, Equatable {
    /// States of one path that are kept beside its latest; `nil` leaves the bound to ordinary memory. 0 keeps the latest only.
    public var statesMax: Int?
    /// Tokens between two states of a path at least. Those before the last token of a prompt and at the end of an answer do
    /// not count: without them the same prompt, or the next turn, would be computed anew.
    public var tokensMin: Int
    /// Tokens of a long prompt after which a state is left; `nil` leaves none on the way.
    public var tokensEvery: Int?

    /// - Parameters:
    ///   - statesMax: states beside the latest; `nil` is no bound.
    ///   - tokensMin: tokens between two states at least; 0 is no bound.
    ///   - tokensEvery: tokens after which a long prompt leaves a state; `nil` is never.
    public init(statesMax: Int? = nil, tokensMin: Int = 0, tokensEvery: Int? = 1_024) {
        self.statesMax = statesMax
        self.tokensMin = tokensMin
        self.tokensEvery = tokensEvery
    }

    /// Fewer tokens than this are computed again faster than a state is copied.
    private static let runMin = 16

    /// Tokens since the last state after which a prompt that is being computed leaves another one.
    var pieceTokens: Int { tokensEvery.map { max($0, tokensMin, 1) } ?? .max }

    /// Where a prompt leaves its state while it is computed.
    ///
    /// Before its last token, which is always computed anew, so that the same prompt finds all that it can use. And
    /// where it parts from another one: what two prompts have in common, such as a system prompt, a third is likely to
    /// begin with too (after Marconi, Pan et al. 2024: admission at branch points).
    ///
    /// - Parameters:
    ///   - start: tokens that came from the cache.
    ///   - branch: tokens that are known from earlier prompts, with or without a state.
    ///   - end: tokens that may ever come from the cache.
    /// - Returns: ascending positions after `start`. Each costs a step of its own, so short runs have none.
    func stops(after start: Int, branch: Int, end: Int) -> [Int] {
        var stops: [Int] = []
        if branch - start >= max(Self.runMin, tokensMin) { stops.append(branch) }
        if end - (stops.last ?? start) >= Self.runMin { stops.append(end) }
        return stops
    }

    /// A state on a path.
    struct State: Equatable {
        let id: UInt64
        /// Tokens up to it.
        let end: Int
        /// Paths that go on from it.
        let branches: Int
        let hits: Int
    }

    /// Which states go when a path has too many: those at which no paths part before those at which some do, the seldom used
    /// ones before the others, the shorter ones before the longer ones.
    ///
    /// - Parameter states: of one path, without the latest.
    /// - Returns: their ids.
    func surplus(_ states: [State]) -> [UInt64] {
        guard let statesMax, states.count > statesMax else { return [] }
        let byWorth = states.sorted {
            ($0.branches > 1 ? 1 : 0, $0.hits, $0.end) < ($1.branches > 1 ? 1 : 0, $1.hits, $1.end)
        }
        return byWorth.prefix(states.count - statesMax).map(\.id)
    }
}
