public import Vectors

/// The vectors of one owner, in one table that is compared row by row.
///
/// Exact among its eight-bit codes: 100,000 rows of 384 numbers are 39 MB. A value, so that it can be searched while others change theirs.
public struct MeaningTable: Sendable {
    /// A row that is near.
    public struct Match: Sendable, Equatable {
        /// The row's number in the store.
        public let row: Int64
        /// Cosine.
        public let score: Float

        public init(row: Int64, score: Float) {
            self.row = row
            self.score = score
        }
    }

    /// Codes of one row; 0 in a table without rows.
    private var width = 0
    private var codes: [Int8] = []
    private var scales: [Float] = []
    private var rows: [Int64] = []

    public init() {}

    public var count: Int { rows.count }
    public var byteCount: Int { codes.count + rows.count * 12 }
    /// The last row of the store that it has.
    public var last: Int64 { rows.last ?? 0 }

    public mutating func reserve(rows count: Int, codes width: Int) {
        codes.reserveCapacity(count * width)
        scales.reserveCapacity(count)
        rows.reserveCapacity(count)
    }

    /// Adds a row. One of another length than the first is of another model, and is left out.
    ///
    /// - Returns: whether it was taken.
    @discardableResult
    public mutating func add(_ vector: QuantizedVector, row: Int64) -> Bool {
        if rows.isEmpty { width = vector.codes.count }
        guard vector.codes.count == width else { return false }
        codes += vector.codes
        scales.append(vector.scale)
        rows.append(row)
        return true
    }

    /// The nearest rows, nearest first.
    ///
    /// - Parameters:
    ///   - vector: of the question.
    ///   - countMax: how many at most, at least 1.
    ///   - least: rows that are further away are left out.
    ///   - allowed: only these rows; `nil` is all of them.
    /// - Returns: at most `countMax` matches; of equally near ones the older first.
    public func nearest(
        _ vector: QuantizedVector, countMax: Int, least: Float = -1, among allowed: Set<Int64>? = nil
    ) -> [Match] {
        guard vector.codes.count == width, countMax > 0 else { return [] }
        var found: [Match] = []
        var bar = least
        let (question, table) = (vector.codes.span, codes.span)
        for place in rows.indices {
            if let allowed, !allowed.contains(rows[place]) { continue }
            let score = Float(dotProduct(question, table, place * width)) * scales[place] * vector.scale
            guard score >= bar else { continue }
            found.append(Match(row: rows[place], score: score))
            // Twice as many as are wanted, then the better half: sorted rarely.
            guard found.count >= 2 * countMax else { continue }
            Self.keepBest(countMax, of: &found)
            bar = max(bar, found[found.count - 1].score)
        }
        Self.keepBest(countMax, of: &found)
        return found
    }

    private static func keepBest(_ countMax: Int, of matches: inout [Match]) {
        matches.sort { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
        if matches.count > countMax { matches.removeLast(matches.count - countMax) }
    }
}
