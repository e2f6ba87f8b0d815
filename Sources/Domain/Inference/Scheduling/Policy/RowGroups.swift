/// In which groups the writing sequences' rows are computed best. Pure.
///
/// One would think that a step of many rows costs less than many steps of one. On processors that is not so: matrix
/// kernels work in tiles, and a few rows may cost as much as a whole tile, or more than the same rows one after the other.
/// (Seen with llama.cpp on an x86 machine, a model with 128,256 tokens in Q8_0: 1 row 4 ms, 4 rows 25 ms, 15 rows 58 ms,
/// 16 rows 27 ms, 32 rows 67 ms.) So the engine measures its model when it starts, and groups rows, or fills a group up
/// with rows that nobody needs, where that is faster.
struct RowGroups: Sendable, Equatable {
    struct Group: Sendable, Equatable {
        /// Rows of sequences.
        let rows: Int
        /// Rows that are computed, with those that nobody needs.
        let computed: Int
    }

    /// What a step of so many rows takes.
    struct Measurement: Sendable, Equatable {
        let rows: Int
        let seconds: Double
    }

    /// The numbers of rows that are worth measuring, for at most so many sequences.
    static func sizes(rowsMax: Int) -> [Int] {
        let all = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
        let needed = all.firstIndex { $0 >= rowsMax } ?? all.count - 1
        return Array(all[...needed])
    }

    /// The best groups for each number of rows; none where nothing is known, which means one group.
    private let plans: [[Group]]

    /// Everything in one group.
    static let together = RowGroups(plans: [])

    private init(plans: [[Group]]) { self.plans = plans }

    /// - Parameters:
    ///   - measurements: by growing rows, beginning with 1.
    ///   - rowsMax: rows that there will be at most; beyond the last measurement nothing is grouped.
    init(_ measurements: [Measurement], rowsMax: Int) {
        guard let last = measurements.last else {
            self = .together
            return
        }
        var best: [(seconds: Double, groups: [Group])] = [(0, [])]
        for rows in 1...max(1, min(rowsMax, last.rows)) {
            var choice: (seconds: Double, groups: [Group])?
            for measured in measurements {
                let taken = min(measured.rows, rows)
                let rest = best[rows - taken]
                let seconds = measured.seconds * Self.overhead + rest.seconds
                if let known = choice, known.seconds <= seconds { continue }
                choice = (seconds, [Group(rows: taken, computed: measured.rows)] + rest.groups)
            }
            best.append(choice ?? (0, [Group(rows: rows, computed: rows)]))
        }
        plans = best.map(\.groups)
    }

    /// A group must be worth what handling it costs, and what its measurement may be wrong by.
    private static let overhead = 1.03

    /// The groups of so many rows; their rows add up to `rows`.
    func groups(of rows: Int) -> [Group] {
        guard plans.indices.contains(rows), rows > 0 else { return rows > 0 ? [Group(rows: rows, computed: rows)] : [] }
        return plans[rows]
    }
}
