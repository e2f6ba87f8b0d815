/// Two questions, and whether one answer does for both.
public struct QuestionPair: Sendable, Equatable {
    public var first: String
    public var second: String
    public var isSame: Bool
    /// What makes it hard: `paraphrase`, `negation`, `numbers`, `names`, `code`, `direction`, `other`.
    public var kind: String

    public init(_ first: String, _ second: String, isSame: Bool, kind: String) {
        self.first = first
        self.second = second
        self.isSame = isSame
        self.kind = kind
    }
}

/// Finds the threshold from which a model's vectors tell that two questions mean the same.
public struct SimilarityCalibration: Sendable, Equatable {
    /// One pair, measured.
    public struct Sample: Sendable, Equatable {
        public var similarity: Double
        public var isSame: Bool
        public var kind: String
        /// Why the marks of the two refuse it.
        public var conflict: QuestionMarks.Conflict?

        public init(similarity: Double, isSame: Bool, kind: String, conflict: QuestionMarks.Conflict? = nil) {
            self.similarity = similarity
            self.isSame = isSame
            self.kind = kind
            self.conflict = conflict
        }
    }

    /// What a threshold would do.
    public struct Point: Sendable, Equatable {
        public var threshold: Double
        /// Of the pairs that it takes for the same, the share that are; 1 where it takes none.
        public var precision: Double
        /// Of the pairs that are the same, the share that it takes.
        public var recall: Double
        public var accepted: Int
        /// Accepted ones that are not the same.
        public var wrong: Int
    }

    public var samples: [Sample]

    public init(_ samples: [Sample]) { self.samples = samples }

    /// What a threshold would do.
    ///
    /// - Parameters:
    ///   - threshold: least similarity.
    ///   - isGuarded: whether marks are looked at, too.
    /// - Returns: precision and recall over all samples.
    public func point(at threshold: Double, isGuarded: Bool) -> Point {
        let accepted = samples.filter { $0.similarity >= threshold && (!isGuarded || $0.conflict == nil) }
        let right = accepted.count(where: \.isSame)
        let same = samples.count(where: \.isSame)
        return Point(
            threshold: threshold,
            precision: accepted.isEmpty ? 1 : Double(right) / Double(accepted.count),
            recall: same == 0 ? 0 : Double(right) / Double(same), accepted: accepted.count,
            wrong: accepted.count - right)
    }

    /// The same at thresholds from 0.5 to 1, a hundredth apart.
    public func curve(isGuarded: Bool) -> [Point] {
        stride(from: 50, through: 100, by: 1).map { point(at: Double($0) / 100, isGuarded: isGuarded) }
    }

    /// Points that accept fewer pairs tell nothing of precision.
    static let acceptedMin = 20

    /// The threshold that finds the most with at least this precision, and every higher one that tells anything has it too, so
    /// that it does not hang on a lucky pair. Guarded.
    ///
    /// - Parameter precision: wanted, 0 to 1.
    /// - Returns: the threshold, in hundredths; `nil` when there is none.
    public func recommendation(precision: Double) -> Point? {
        var best: Point?
        for point in curve(isGuarded: true).reversed() where point.accepted >= Self.acceptedMin {
            guard point.precision >= precision else { break }
            best = point
        }
        return best
    }

    /// Pairs that are taken for the same and are not, by what makes them hard.
    ///
    /// - Parameters:
    ///   - threshold: least similarity.
    ///   - isGuarded: whether marks are looked at, too.
    /// - Returns: kinds in the order of their names.
    public func mistakes(at threshold: Double, isGuarded: Bool) -> [(kind: String, count: Int)] {
        let wrong = samples.filter {
            !$0.isSame && $0.similarity >= threshold && (!isGuarded || $0.conflict == nil)
        }
        return Dictionary(grouping: wrong, by: \.kind).map { ($0.key, $0.value.count) }.sorted { $0 < $1 }
    }
}
