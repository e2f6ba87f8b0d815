import Vocabulary

/// Who of those that wait can start now. Pure.
struct StartRule: Sendable {
    /// A prompt that is being computed.
    struct Leader: Sendable {
        let prompt: [Int32]
        let scope: CacheScope
        /// How many of its tokens others can have already.
        let left: Int
        /// The only positions at which it leaves something, ascending; `nil` when it leaves all of it.
        var stops: [Int]?
    }

    var leaders: [Leader] = []
    /// The isolated memory is taken.
    var isIsolatedTaken = false

    /// Tokens that must be saved for a prompt to wait for another one.
    static let gainMin = 32

    /// Whether a request can start: one whose prompt begins like another one that is being computed waits until it can
    /// have that part, instead of computing it a second time.
    func allows(_ request: AdmittedRequest) -> Bool {
        if request.isReproducible { return !isIsolatedTaken }
        guard request.cache.isUsed else { return true }
        return !leaders.contains { leader in
            guard leader.scope == request.scope || leader.scope == request.scope.shared else { return false }
            let common = Self.commonCount(request.prompt, leader.prompt)
            let had = leader.stops.map { stops in stops.last { $0 <= common } ?? 0 } ?? common
            return had >= leader.left + Self.gainMin
        }
    }

    /// How many tokens both begin with; the last one of a prompt is always computed for itself.
    private static func commonCount(_ prompt: [Int32], _ other: [Int32]) -> Int {
        let limit = min(prompt.count - 1, other.count)
        var count = 0
        while count < limit, prompt[count] == other[count] { count += 1 }
        return count
    }
}

extension WaitingRoom where Item == Submission {
    func next(_ now: ContinuousClock.Instant, _ rule: StartRule) -> Next? {
        next(now) { rule.allows($0.request) }
    }

    func nextMostUrgent(_ now: ContinuousClock.Instant, _ rule: StartRule) -> Next? {
        nextMostUrgent(now) { rule.allows($0.request) }
    }

    func nextLevel(_ now: ContinuousClock.Instant, _ rule: StartRule) -> Int? {
        nextLevel(now) { rule.allows($0.request) }
    }

    func mostUrgent(_ rule: StartRule) -> Priority? { mostUrgent { rule.allows($0.request) } }
}
