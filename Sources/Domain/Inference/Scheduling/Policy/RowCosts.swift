/// How long the model takes for steps of different numbers of rows: measured when the engine starts, then followed. Pure.
///
/// More rows are not always slower: kernels compute whole tiles, so a step may be filled up with rows that nobody needs
/// (see `RowGroups`). Numbers of rows between those that were measured cost what the next larger one costs.
struct RowCosts: Sendable {
    private struct Size {
        let rows: Int
        let first: Double
        /// How much longer it takes than it was measured first, beside what all sizes take longer.
        var own = 1.0
        /// 1 when it was computed just now, and less the longer ago that was.
        var freshness = 1.0
    }

    /// How much one observation counts, where steps take longer and where they take less than is known: a step may be late
    /// for many reasons; where it is early, it was known wrongly.
    private static let paces = (rising: 0.2, falling: 0.4)
    /// How much it counts for the size alone, at least.
    private static let ownPace = 0.02
    /// What is left of a size's freshness when another one was computed.
    private static let fading = 0.95
    /// One observation may say at most this much more, or less, than is known: an outlier is none.
    private static let ratioMax = 2.0

    private var sizes: [Size]
    /// How much longer all sizes take than they were measured first.
    private var common = 1.0

    /// - Parameter measurements: by growing rows; without any, a row is taken to cost a twentieth of the first one, until
    ///   steps show what they cost.
    init(_ measurements: [RowGroups.Measurement]) {
        let known = measurements.filter { $0.seconds > 0 && $0.seconds.isFinite }
        sizes =
            known.isEmpty
            ? RowGroups.sizes(rowsMax: SpeculationOptions.depthMax).map {
                Size(rows: $0, first: 0.001 * (1 + 0.05 * Double($0 - 1)))
            } : known.map { Size(rows: $0.rows, first: $0.seconds) }
    }

    /// What steps take as far as is known, by growing rows.
    var measurements: [RowGroups.Measurement] { sizes.map { .init(rows: $0.rows, seconds: seconds($0)) } }

    /// Rows to compute where so many are needed: at least as many.
    func computed(_ rows: Int) -> Int { best(rows)?.rows ?? rows }

    /// Seconds of a step of so many rows, filled up where that is faster.
    func seconds(_ rows: Int) -> Double {
        if let best = best(rows) { return seconds(best) }
        guard let last = sizes.last else { return 0 }
        return seconds(last) * Double(rows) / Double(last.rows)
    }

    /// Seconds of a step of exactly so many rows; `nil` where that was not measured.
    func seconds(exactly rows: Int) -> Double? { sizes.first { $0.rows == rows }.map(seconds) }

    private func best(_ rows: Int) -> Size? {
        sizes.filter { $0.rows >= rows }.min { seconds($0) < seconds($1) }
    }

    /// Learns from a computation.
    ///
    /// Where a size that is computed all the time takes longer, the machine has become slower, and others will take longer
    /// too. Where one that was not seen for long takes another time than all others let expect, that is its own.
    ///
    /// - Parameters:
    ///   - rows: rows that were computed.
    ///   - seconds: how long they took; what is no time is ignored.
    mutating func observe(rows: Int, seconds: Double) {
        guard let index = sizes.firstIndex(where: { $0.rows == rows }), seconds > 0, seconds.isFinite else { return }
        let ratio = min(max(seconds / self.seconds(sizes[index]), 1 / Self.ratioMax), Self.ratioMax)
        let step = (ratio - 1) * (ratio < 1 ? Self.paces.falling : Self.paces.rising)
        let freshness = sizes[index].freshness
        common *= 1 + step * freshness
        sizes[index].own *= 1 + step * (1 - freshness) + (ratio - 1) * Self.ownPace
        for other in sizes.indices where other != index { sizes[other].freshness *= Self.fading }
        sizes[index].freshness = 1
    }

    private func seconds(_ size: Size) -> Double { size.first * size.own * common }
}
