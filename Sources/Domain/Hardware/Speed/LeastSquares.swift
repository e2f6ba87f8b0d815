/// Least squares with coefficients that are not negative.
///
/// Source: Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23. Differs from it in: all sets of
/// coefficients that are not zero are tried, which is exact and quick for the few that there are here.
enum LeastSquares {
    /// More coefficients are not tried.
    static let coefficientsMax = 8

    /// The coefficients with the least sum of squared differences.
    ///
    /// - Parameters:
    ///   - rows: the factors of each observation; all of the same count, at most `coefficientsMax`.
    ///   - targets: the observations.
    /// - Returns: one coefficient for each column, none negative. A column that nothing can be said of gets 0.
    static func nonNegative(_ rows: [[Double]], _ targets: [Double]) -> [Double] {
        precondition(rows.count == targets.count, "each row has a target")
        let width = rows.first?.count ?? 0
        precondition(width <= coefficientsMax && rows.allSatisfy { $0.count == width }, "rows of one width")
        var best = [Double](repeating: 0, count: width)
        var least = squares(rows, targets, best)
        for set in 1..<(1 << width) {
            let columns = (0..<width).filter { set & (1 << $0) != 0 }
            guard let found = solve(rows.map { row in columns.map { row[$0] } }, targets),
                found.allSatisfy({ $0 >= 0 && $0.isFinite })
            else { continue }
            var whole = [Double](repeating: 0, count: width)
            for (column, value) in zip(columns, found) { whole[column] = value }
            let sum = squares(rows, targets, whole)
            // Fewer coefficients where more explain nothing.
            if sum < least * (1 - 1e-9) { (best, least) = (whole, sum) }
        }
        return best
    }

    private static func squares(_ rows: [[Double]], _ targets: [Double], _ coefficients: [Double]) -> Double {
        zip(rows, targets).reduce(0) { sum, pair in
            let difference = zip(pair.0, coefficients).reduce(-pair.1) { $0 + $1.0 * $1.1 }
            return sum + difference * difference
        }
    }

    /// The normal equations by elimination, with columns scaled to one length; `nil` when they have no one solution.
    private static func solve(_ rows: [[Double]], _ targets: [Double]) -> [Double]? {
        let width = rows[0].count
        guard rows.count >= width else { return nil }
        let scales = (0..<width).map { column in rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot() }
        guard scales.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: width + 1), count: width)
        for (row, target) in zip(rows, targets) {
            for i in 0..<width {
                for j in 0..<width { matrix[i][j] += row[i] / scales[i] * row[j] / scales[j] }
                matrix[i][width] += row[i] / scales[i] * target
            }
        }
        for pivot in 0..<width {
            guard let best = (pivot..<width).max(by: { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) }),
                abs(matrix[best][pivot]) > 1e-10
            else { return nil }
            matrix.swapAt(pivot, best)
            for row in 0..<width where row != pivot {
                let factor = matrix[row][pivot] / matrix[pivot][pivot]
                for column in pivot...width { matrix[row][column] -= factor * matrix[pivot][column] }
            }
        }
        return (0..<width).map { matrix[$0][width] / matrix[$0][$0] / scales[$0] }
    }
}
