/// What guessing knows of one answer. It stays with the answer when that is parked.
struct SequenceDrafts: Sendable {
    /// A guess that is not verified by the model: the tokens that are written show what it was worth.
    struct Shadow: Sendable {
        let source: DraftSource
        let tokens: [Int32]
        var met = 0
    }

    /// `nil` where nothing is looked up.
    var lookup: PromptLookup?
    var record = AcceptanceRecord(memory: SequenceDrafts.memory)
    /// Verified tokens, and those of them that were right.
    private(set) var drafted = 0
    private(set) var accepted = 0
    private var shadows: [Shadow] = []
    /// Verified guesses in a row of which nothing was right.
    private var misses = 0

    /// Observations of one kind after which an older one counts for little.
    private static var memory: Double { 32 }
    /// Guesses of one kind that are followed at once, a new one each so many tokens: so the first positions are seen often.
    private static let followedMax = 16
    private static let spacing = 2

    /// After so many misses in a row guesses are followed only, until one of them has been right so far.
    private static let missesMax = 2
    private static let comeback = 4

    init(lookup: PromptLookup?) { self.lookup = lookup }

    /// What was right has just become wrong, faster than averages tell: a copied passage has ended.
    var isPaused: Bool { misses >= Self.missesMax }

    /// A guess was verified.
    ///
    /// - Parameters:
    ///   - source: where it came from.
    ///   - drafted: its tokens.
    ///   - accepted: those of them that were right.
    ///   - isRefused: whether the next one was wrong; it was not looked at where the answer ended.
    mutating func verified(_ source: DraftSource, drafted: Int, accepted: Int, isRefused: Bool) {
        self.drafted += drafted
        self.accepted += accepted
        record.note(source, right: accepted, isRefused: isRefused)
        misses = accepted > 0 ? 0 : misses + (isRefused ? 1 : 0)
        shadows.removeAll { $0.source == source }
    }

    /// Whether guesses of this kind, model or look-up, are being followed, and one more would tell nothing new.
    func isFollowing(_ source: DraftSource) -> Bool {
        let same = shadows.filter { ($0.source == .model) == (source == .model) }
        guard let last = same.last else { return false }
        return source == .model || last.met < Self.spacing || same.count >= Self.followedMax
    }

    /// Follows a guess that is not verified.
    mutating func follow(_ source: DraftSource, _ tokens: [Int32]) {
        guard !tokens.isEmpty, !isFollowing(source) else { return }
        shadows.append(Shadow(source: source, tokens: tokens))
    }

    /// A token was written: what that says about the guesses that are followed.
    ///
    /// - Returns: for each of them its source, the token's position in it, and whether it was right.
    mutating func written(_ token: Int32) -> [(source: DraftSource, position: Int, isRight: Bool)] {
        guard !shadows.isEmpty else { return [] }
        var seen: [(source: DraftSource, position: Int, isRight: Bool)] = []
        for index in shadows.indices.reversed() {
            let shadow = shadows[index]
            let isRight = shadow.tokens[shadow.met] == token
            seen.append((shadow.source, shadow.met, isRight))
            record.note(shadow.source, from: shadow.met, right: isRight ? 1 : 0, isRefused: !isRight)
            shadows[index].met += 1
            if isRight, shadows[index].met >= Self.comeback { misses = 0 }
            if !isRight || shadows[index].met == shadow.tokens.count { shadows.remove(at: index) }
        }
        return seen
    }
}
