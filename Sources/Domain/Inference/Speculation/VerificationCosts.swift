/// How long the model takes for steps of different numbers of rows: measured when the engine starts, then followed. Pure.
///
/// More rows are not always slower: kernels compute whole tiles, so a step may be filled up with rows that nobody needs
/// (see `RowGroups`). Numbers of rows between those that were measured cost what the next larger one costs.
struct VerificationCosts: Sendable {
    private struct Size {
        let rows: Int
        let first: Double
        /// How much longer it takes now.
        var factor = 1.0
        var seconds: Double { first * factor }
    }

    /// How much one observation counts for its own number of rows, and for others.
    private static let pace = 0.2
    private static let commonPace = 0.03
    /// One observation may say at most this much more, or less, than is known: an outlier is none.
    private static let ratioMax = 2.0

    private var sizes: [Size]
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

    /// Rows to compute where so many are needed: at least as many.
    func computed(_ rows: Int) -> Int { best(rows)?.rows ?? rows }

    /// Seconds of a step of so many rows, filled up where that is faster.
    func seconds(_ rows: Int) -> Double {
        if let best = best(rows) { return best.seconds }
        guard let last = sizes.last else { return 0 }
        return last.seconds * Double(rows) / Double(last.rows)
    }

    private func best(_ rows: Int) -> Size? {
        var best: Size?
        for size in sizes where size.rows >= rows && size.seconds < best?.seconds ?? .infinity { best = size }
        return best
    }

    /// Learns from a computation.
    ///
    /// - Parameters:
    ///   - rows: rows that were computed.
    ///   - seconds: how long they took; what is no time is ignored.
    mutating func observe(rows: Int, seconds: Double) {
        guard let index = sizes.firstIndex(where: { $0.rows == rows }), seconds > 0, seconds.isFinite else { return }
        let known = sizes[index].factor
        let factor = min(max(seconds / sizes[index].first, known / Self.ratioMax), known * Self.ratioMax)
        sizes[index].factor += (factor - known) * Self.pace
        common += (sizes[index].factor - common) * Self.pace
        for other in sizes.indices where other != index {
            sizes[other].factor += (common - sizes[other].factor) * Self.commonPace
        }
    }
}
