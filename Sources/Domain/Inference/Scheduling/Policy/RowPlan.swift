/// The groups in which rows are computed on one number of threads, as they turn out best while the engine works. Pure.
///
/// What the engine measures when it starts may be wrong: another program had the cores just then. So each step corrects what
/// is known of the sizes that it used, and now and then one group of a step gets a size that was not seen for long: the more
/// seldom, the longer that has changed nothing.
struct RowPlan: Sendable {
    /// Steps between two trials, at least and at most.
    static let pauses = 128...2_048
    /// How much longer the pause becomes when a trial has changed nothing.
    static let growth = 1.5
    /// A trial may be expected to make its step this much longer.
    static let priceMax = 2.5
    /// A size that took this much less than was known is worth more trials, soon.
    static let surprise = 0.8
    static let surprisedPause = 32

    private(set) var groups: RowGroups
    private(set) var costs: RowCosts
    private let rowsMax: Int
    /// For each size the step in which it was computed last.
    private var seen: [Int: Int] = [:]
    private var step = 0
    private var pause = pauses.lowerBound
    private var sinceTrial = 0

    /// - Parameters:
    ///   - measured: by growing rows, beginning with 1.
    ///   - sizes: rows that groups may have; those that were not measured are taken to cost what their rows do, until trials
    ///     tell.
    ///   - rowsMax: rows that there will be at most.
    init(_ measured: [RowGroups.Measurement], sizes: [Int] = [], rowsMax: Int) {
        var all = measured
        if let last = measured.last {
            all += sizes.filter { $0 > last.rows }.map {
                .init(rows: $0, seconds: last.seconds * Double($0) / Double(last.rows))
            }
        }
        groups = RowGroups(all, rowsMax: rowsMax)
        costs = RowCosts(all)
        self.rowsMax = rowsMax
    }

    /// The groups of the next step: the best as far as is known, or a trial.
    ///
    /// - Parameter rows: of the step.
    /// - Returns: groups whose rows add up to `rows`.
    mutating func next(rows: Int) -> [RowGroups.Group] {
        step += 1
        sinceTrial += 1
        let best = groups.groups(of: rows)
        guard rows > 1, sinceTrial >= pause else { return best }
        sinceTrial = 0
        let known = groups
        groups = RowGroups(costs.measurements, rowsMax: rowsMax)
        pause =
            groups == known
            ? min(Int(Double(pause) * Self.growth), Self.pauses.upperBound) : Self.pauses.lowerBound
        return trial(rows: rows) ?? groups.groups(of: rows)
    }

    /// The groups where the first has the size that was not seen for the longest time; `nil` where all others cost too much.
    private func trial(rows: Int) -> [RowGroups.Group]? {
        let best = groups.groups(of: rows)
        let limit = seconds(best) * Self.priceMax
        let used = Set(best.map(\.computed))
        let trials = costs.measurements.map(\.rows).filter { !used.contains($0) }.map { size in
            let taken = min(size, rows)
            return [RowGroups.Group(rows: taken, computed: size)] + groups.groups(of: rows - taken)
        }
        return trials.filter { expected($0[0].computed) + seconds($0.dropFirst()) <= limit }
            .min { seen[$0[0].computed, default: 0] < seen[$1[0].computed, default: 0] }
    }

    /// What a size should take at most: more rows never take less, but for tiles that are filled.
    private func expected(_ rows: Int) -> Double {
        costs.measurements.filter { $0.rows >= rows }.map(\.seconds).min() ?? 0
    }

    private func seconds(_ groups: some Sequence<RowGroups.Group>) -> Double {
        groups.reduce(0) { $0 + (costs.seconds(exactly: $1.computed) ?? costs.seconds($1.computed)) }
    }

    /// Learns from a group.
    ///
    /// - Parameters:
    ///   - rows: rows that were computed.
    ///   - seconds: how long they took.
    mutating func observe(rows: Int, seconds: Double) {
        seen[rows] = step
        if let known = costs.seconds(exactly: rows), seconds < known * Self.surprise { pause = Self.surprisedPause }
        costs.observe(rows: rows, seconds: seconds)
    }
}
