/// Who is asked when a model cannot answer.
public enum FallbackPolicy {
    /// Models that are asked for one request at most.
    public static let attemptsMax = 8

    /// Everybody who is asked, in order: the model itself, its own fallbacks, then theirs. Nobody is asked twice.
    ///
    /// - Parameters:
    ///   - names: those that are asked first.
    ///   - fallbacks: the names that stand behind a deployment; empty for one that does not exist.
    /// - Returns: at most ``attemptsMax`` names.
    public static func chain(from names: [String], fallbacks: (String) -> [String]) -> [String] {
        var chain: [String] = []
        for name in names where !chain.contains(name) && chain.count < attemptsMax { chain.append(name) }
        var next = 0
        while next < chain.count, chain.count < attemptsMax {
            for other in fallbacks(chain[next]) where !chain.contains(other) && chain.count < attemptsMax {
                chain.append(other)
            }
            next += 1
        }
        return chain
    }
}
