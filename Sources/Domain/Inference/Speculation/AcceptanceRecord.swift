/// Where guessed tokens come from. The longer the agreement that a look-up found, the more it is worth.
enum DraftSource: Int, Sendable, CaseIterable {
    case shortMatch, match, longMatch, model

    /// The source that a look-up with this many agreeing tokens is.
    init(agreement: Int) { self = agreement < 6 ? .shortMatch : agreement < 16 ? .match : .longMatch }

    /// How likely a guessed token is right, before anything was seen; so that good guesses show themselves soon.
    var firstChance: Double {
        switch self {
        case .shortMatch: 0.5
        case .match: 0.75
        case .longMatch: 0.9
        case .model: 0.7
        }
    }
}

/// How often guessed tokens turned out right, given that those before them in the same guess did. Pure.
///
/// Positions in a guess share an estimate in classes that grow: the first, the next 2, the next 4, and so on. Old
/// observations fade.
struct AcceptanceRecord: Sendable {
    static let classCount = 5
    /// An estimate from elsewhere counts for so many observations at first, and fades as they do.
    private static let priorWeight = 4.0

    private struct Count {
        var right = 0.0
        var wrong = 0.0
        /// What is left of the estimate from elsewhere.
        var prior = AcceptanceRecord.priorWeight
    }

    private var counts = [Count](repeating: Count(), count: DraftSource.allCases.count * classCount)
    private let keep: Double

    /// - Parameter memory: observations of one kind after which an older one counts for little, at least 1.
    init(memory: Double) { keep = 1 - 1 / max(1, memory) }

    static func positionClass(_ position: Int) -> Int {
        min(classCount - 1, Int.bitWidth - 1 - (position + 1).leadingZeroBitCount)
    }

    /// Learns what became of one guess, or of the part of it from a position on.
    ///
    /// - Parameters:
    ///   - source: where the guess came from.
    ///   - start: the first position that was looked at.
    ///   - right: tokens from there on that turned out right.
    ///   - isRefused: whether the next one turned out wrong; it may never have been looked at.
    mutating func note(_ source: DraftSource, from start: Int = 0, right: Int, isRefused: Bool) {
        for position in start..<start + right { note(source, position, isRight: true) }
        if isRefused { note(source, start + right, isRight: false) }
    }

    private mutating func note(_ source: DraftSource, _ position: Int, isRight: Bool) {
        let index = source.rawValue * Self.classCount + Self.positionClass(position)
        counts[index].prior *= keep
        counts[index].right = counts[index].right * keep + (isRight ? 1 : 0)
        counts[index].wrong = counts[index].wrong * keep + (isRight ? 0 : 1)
    }

    /// How likely a token is right whose predecessors in the guess are.
    func chance(_ source: DraftSource, class positionClass: Int, prior: Double) -> Double {
        let count = counts[source.rawValue * Self.classCount + positionClass]
        return (count.right + count.prior * prior) / (count.right + count.wrong + count.prior)
    }

    /// How likely each token of a guess is right together with all before it: never growing.
    ///
    /// - Parameters:
    ///   - source: where the guess comes from.
    ///   - count: tokens of the guess.
    ///   - shared: what other sequences met with, which counts where little was seen here.
    /// - Returns: `count` numbers from 0 to 1.
    func survival(_ source: DraftSource, count: Int, shared: AcceptanceRecord) -> [Double] {
        let chances = (0..<Self.classCount).map {
            chance(source, class: $0, prior: shared.chance(source, class: $0, prior: source.firstChance))
        }
        var product = 1.0
        return (0..<count).map { position in
            product *= chances[Self.positionClass(position)]
            return product
        }
    }
}
