/// One statement about several rows, as texts for 1, 2, 4 … rows: few enough for the database to know them again.
struct SQLRows: Sendable {
    /// Rows of one statement at most: PostgreSQL and SQLite have room for some thousand parameters.
    private static let countMax = 128

    private let texts: [String]

    /// - Parameters:
    ///   - start: what stands before the rows' parameters, `INSERT INTO t (a, b) VALUES`.
    ///   - columns: of each row; `nil`: the rows are the members of one list, `DELETE FROM t WHERE a IN`.
    ///   - end: what stands behind.
    init(_ start: String, columns: Int?, end: String = "") {
        var texts: [String] = []
        var count = 1
        while count <= Self.countMax {
            let (rows, width) = columns.map { (count, $0) } ?? (1, count)
            let places = (0..<rows).map { row in
                "(" + (1...width).map { "$\(row * width + $0)" }.joined(separator: ", ") + ")"
            }
            texts.append("\(start) \(places.joined(separator: ", "))\(end)")
            count *= 2
        }
        self.texts = texts
    }

    /// The statements for so many rows, the largest first.
    func statements(for count: Int) -> [(text: String, rows: Range<Int>)] {
        var statements: [(text: String, rows: Range<Int>)] = []
        var start = 0
        for (power, text) in texts.enumerated().reversed() {
            while count - start >= 1 << power {
                statements.append((text, start..<start + 1 << power))
                start += 1 << power
            }
        }
        return statements
    }
}
