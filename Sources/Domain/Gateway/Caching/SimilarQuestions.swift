public import Vectors

/// Questions by their meaning: all vectors of a circle in one table, compared one by one.
///
/// Exact: 50,000 vectors of 384 numbers are 77 MB and take some 10 ms on one core, which is what an approximate index (HNSW) would
/// have to be built for. Bounded: the oldest questions go first.
public struct SimilarQuestions: Sendable {
    /// What was found.
    public struct Match: Sendable, Equatable {
        public let key: AnswerKey
        /// Cosine.
        public let similarity: Double
    }

    /// The questions of one circle. A value that can be searched while others change the table.
    public struct Circle: Sendable {
        fileprivate var width: Int
        fileprivate var table: [SIMD8<Float>] = []
        fileprivate var keys: [AnswerKey] = []
        fileprivate var marks: [QuestionMarks] = []
        fileprivate var ends: [Int64] = []

        /// Candidates whose marks are looked at.
        private static let candidatesMax = 8

        /// The nearest question that may stand for this one.
        ///
        /// - Parameters:
        ///   - vector: of the question.
        ///   - marks: of the question.
        ///   - threshold: least cosine.
        ///   - now: microseconds since 1970.
        /// - Returns: the match, and why nearer ones were refused, nearest first.
        public func nearest(
            _ vector: UnitVector, _ marks: QuestionMarks, threshold: Double, at now: Int64
        ) -> (match: Match?, refused: [QuestionMarks.Conflict]) {
            guard vector.groups.count == width else { return (nil, []) }
            var candidates: [(row: Int, similarity: Float)] = []
            let (question, rows) = (vector.groups.span, table.span)
            let least = Float(threshold)
            for row in keys.indices {
                let similarity = dotProduct(question, rows, row * width)
                guard similarity >= least, ends[row] > now else { continue }
                let place = candidates.firstIndex { $0.similarity < similarity } ?? candidates.count
                guard place < Self.candidatesMax else { continue }
                candidates.insert((row, similarity), at: place)
                if candidates.count > Self.candidatesMax { candidates.removeLast() }
            }
            var refused: [QuestionMarks.Conflict] = []
            for (row, similarity) in candidates {
                guard let conflict = marks.conflict(with: self.marks[row]) else {
                    return (Match(key: keys[row], similarity: min(1, Double(similarity))), refused)
                }
                refused.append(conflict)
            }
            return (nil, refused)
        }
    }

    public let countMax: Int
    public private(set) var count = 0
    private var circles: [AnswerKey: Circle] = [:]
    private var rows: [AnswerKey: (circle: AnswerKey, row: Int, turn: UInt64)] = [:]
    /// Keys in the order in which they came; those that left meanwhile are passed over.
    private var order: [(key: AnswerKey, turn: UInt64)] = []
    private var orderStart = 0
    private var turn: UInt64 = 0

    /// - Parameter countMax: questions of all circles.
    public init(countMax: Int) { self.countMax = countMax }

    /// Bytes of all vectors.
    public var byteCount: Int { circles.reduce(0) { $0 + $1.value.table.count * 32 } }

    public func circle(_ name: AnswerKey) -> Circle? { circles[name] }

    /// Takes a question in, in the place of the one with the same key.
    public mutating func add(_ question: SimilarQuestion) {
        remove(question.key)
        let width = question.vector.groups.count
        var circle = circles.removeValue(forKey: question.circle) ?? Circle(width: width)
        guard circle.width == width, countMax > 0 else {
            // Vectors of another length are of another model; its identity did not tell.
            circles[question.circle] = circle
            return
        }
        turn += 1
        rows[question.key] = (question.circle, circle.keys.count, turn)
        circle.table += question.vector.groups
        circle.keys.append(question.key)
        circle.marks.append(question.marks)
        circle.ends.append(question.expiresAt)
        circles[question.circle] = circle
        order.append((question.key, turn))
        count += 1
        while count > countMax { dropOldest() }
    }

    /// Takes a question out. The last one of its circle gets its row.
    public mutating func remove(_ key: AnswerKey) {
        guard let (name, row, _) = rows.removeValue(forKey: key), var circle = circles.removeValue(forKey: name) else {
            return
        }
        count -= 1
        let last = circle.keys.count - 1
        if row != last {
            for place in 0..<circle.width {
                circle.table[row * circle.width + place] = circle.table[last * circle.width + place]
            }
            circle.keys[row] = circle.keys[last]
            circle.marks[row] = circle.marks[last]
            circle.ends[row] = circle.ends[last]
            rows[circle.keys[row]]?.row = row
        }
        circle.table.removeLast(circle.width)
        circle.keys.removeLast()
        circle.marks.removeLast()
        circle.ends.removeLast()
        if !circle.keys.isEmpty { circles[name] = circle }
    }

    private mutating func dropOldest() {
        while orderStart < order.count {
            let (key, turn) = order[orderStart]
            orderStart += 1
            if orderStart > 1_024, orderStart * 2 > order.count {
                order.removeFirst(orderStart)
                orderStart = 0
            }
            guard rows[key]?.turn == turn else { continue }
            remove(key)
            return
        }
    }
}
