import Foundation

/// Makes one answer of several.
public enum EnsembleMerging {
    /// What one member brought.
    public struct Ballot: Sendable, Equatable {
        public var model: String
        public var weight: Double
        public var text: String
        /// The mean logarithm of the probabilities of its tokens; `nil` where they were not told.
        public var meanLogprob: Double?
        /// A judge's grade, 0 to 1.
        public var grade: Double?

        public init(
            model: String, weight: Double = 1, text: String, meanLogprob: Double? = nil, grade: Double? = nil
        ) {
            self.model = model
            self.weight = weight
            self.text = text
            self.meanLogprob = meanLogprob
            self.grade = grade
        }
    }

    /// Who won, and what everybody was worth.
    public struct Outcome: Sendable, Equatable {
        /// Position of the chosen ballot.
        public var chosen: Int
        /// 0 to 1 for each ballot, in their order.
        public var scores: [Double]
        /// How far the others say the same as the chosen one, 0 to 1, by their weights.
        public var agreement: Double
    }

    /// Chooses.
    ///
    /// - Parameters:
    ///   - ballots: of those who answered; one or more.
    ///   - method: how; `interleave` chooses nothing and counts as `vote`.
    ///   - likeness: how much two answers agree, 0 to 1; by their words when left out.
    /// - Returns: the outcome. Ties go to one that says anything, then to the higher weight, then to the
    ///   earlier member.
    public static func choose(
        _ ballots: [Ballot], by method: EnsembleSpec.Method, likeness: ((Int, Int) -> Double)? = nil
    ) -> Outcome {
        precondition(!ballots.isEmpty, "somebody must have answered")
        let answers = ballots.map { AnswerText($0.text) }
        let alike = likeness ?? { answers[$0].agreement(with: answers[$1]) }
        let agreements = ballots.indices.map { agreement(of: $0, ballots, answers, alike) }
        let scores: [Double] =
            switch method {
            case .vote, .interleave: votes(ballots, answers, agreements)
            case .average: ballots.indices.map { average(ballots[$0], agreement: agreements[$0]) }
            case .select: ballots.map { quality($0) }
            }
        func rank(_ place: Int) -> (Double, Int, Double, Int) {
            (scores[place], answers[place].isEmpty ? 0 : 1, ballots[place].weight, -place)
        }
        let chosen = ballots.indices.max { rank($0) < rank($1) } ?? 0
        return Outcome(chosen: chosen, scores: scores, agreement: agreements[chosen])
    }

    /// The share of weights that gave the same answer; where nobody agrees with anybody, how alike texts are.
    private static func votes(_ ballots: [Ballot], _ answers: [AnswerText], _ agreements: [Double]) -> [Double] {
        let total = ballots.reduce(0) { $0 + $1.weight }
        let shares = answers.map { answer in
            zip(ballots, answers).reduce(0) { $0 + ($1.1.normal == answer.normal ? $1.0.weight : 0) } / total
        }
        let hasMajority = answers.indices.contains { place in
            !answers[place].isEmpty
                && answers.indices.contains { $0 != place && answers[$0].normal == answers[place].normal }
        }
        guard !hasMajority else { return zip(shares, answers).map { $1.isEmpty ? 0 : $0 } }
        return zip(agreements, answers).map { $1.isEmpty ? 0 : $0 }
    }

    /// How alike one answer is to the others, by their weights; 1 for one that is alone.
    private static func agreement(
        of place: Int, _ ballots: [Ballot], _ answers: [AnswerText], _ alike: (Int, Int) -> Double
    ) -> Double {
        var (sum, total) = (0.0, 0.0)
        for other in ballots.indices where other != place {
            sum += ballots[other].weight * min(1, max(0, alike(place, other)))
            total += ballots[other].weight
        }
        return total > 0 ? sum / total : 1
    }

    /// The mean of what is known of an answer (likelihood, grade, agreement), by the member's weight: a weight of 1 leaves
    /// it, more raises it, never above 1.
    private static func average(_ ballot: Ballot, agreement: Double) -> Double {
        let parts = [ballot.meanLogprob.map(probability), ballot.grade, agreement].compactMap(\.self)
        let mean = parts.reduce(0, +) / Double(parts.count)
        return ballot.text.isEmpty ? 0 : 1 - pow(max(0, 1 - mean), ballot.weight)
    }

    /// A judge's grade, else the likelihood, else nothing.
    private static func quality(_ ballot: Ballot) -> Double {
        if ballot.text.isEmpty { return 0 }
        return ballot.grade ?? ballot.meanLogprob.map(probability) ?? 0
    }

    /// The probability of an average token: the reciprocal of the answer's perplexity.
    private static func probability(_ meanLogprob: Double) -> Double { exp(min(0, meanLogprob)) }
}
