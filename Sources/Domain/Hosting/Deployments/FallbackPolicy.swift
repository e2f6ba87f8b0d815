public import Vocabulary

/// Whether and by whom a request is answered when its own model cannot.
public enum FallbackPolicy {
    /// Models that are asked for one request at most.
    public static let attemptsMax = 8

    /// Whether another model may answer after this failure. What is wrong with the request itself is wrong for all.
    ///
    /// - Parameter error: why the model did not answer; nothing was written yet.
    /// - Returns: `false` for what every model would refuse.
    public static func permits(_ error: ServiceError) -> Bool {
        switch error.code {
        case .modelUnavailable, .engineFailed, .timeout, .overloaded, .insufficientMemory: true
        default: false
        }
    }

    /// Everybody who is asked, in order: the model itself, its own fallbacks, then theirs. Nobody is asked twice.
    ///
    /// - Parameters:
    ///   - name: what the request names.
    ///   - fallbacks: the names that stand behind a deployment; empty for one that does not exist.
    /// - Returns: at most ``attemptsMax`` names.
    public static func chain(from name: String, fallbacks: (String) -> [String]) -> [String] {
        var chain = [name]
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
