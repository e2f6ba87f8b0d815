/// Tokens per second that a model is expected to reach, and what holds it back.
public struct SpeedPrediction: Sendable, Equatable {
    /// What takes most of the time.
    public enum Bound: String, Sendable, CaseIterable {
        case memoryBandwidth = "memory_bandwidth"
        case arithmetic
        /// What a step and each of its layers cost however small they are.
        case overhead
    }

    public var tokensPerSecond: Double
    public var bound: Bound
    /// Bytes (generation) or operations (prompt) for each token.
    public var unitsPerToken: Double
    /// Of these, how many a second.
    public var unitsPerSecond: Double
    public var basis: SpeedModel.Basis
    public var error: SpeedModel.Error?
    /// How many times as much as the largest measured run this model reads for a token; `nil` up to twice.
    public var extrapolation: Double?
}

extension SpeedModel {
    /// Models up to so many times the largest run are predicted from the runs alone.
    private static let trustedFactor = 2.0

    /// How fast a model writes with one sequence.
    ///
    /// A model that is much larger than all that ran is not believed to be faster than memory is: small models live in
    /// the processor's caches.
    ///
    /// - Parameters:
    ///   - cost: of the model.
    ///   - depth: tokens of context that are there already.
    /// - Returns: tokens per second, and why not more.
    public func generation(_ cost: TokenCost, depth: Double) -> SpeedPrediction {
        let bytes = cost.bytes(atDepth: depth)
        var line = generation
        let factor = measuredBytesMax > 0 ? bytes / measuredBytesMax : nil
        let isFar = (factor ?? 0) > Self.trustedFactor
        if isFar, let probe { line.perUnit = max(line.perUnit, 1 / probe.bytesPerSecond) }
        return prediction(
            line, steps: 1, layers: cost.layers, units: bytes, bound: .memoryBandwidth,
            extrapolation: isFar ? factor : nil)
    }

    /// How fast a model reads a prompt.
    ///
    /// - Parameters:
    ///   - cost: of the model.
    ///   - tokens: of the prompt.
    /// - Returns: tokens per second, and why not more; `nil` where nobody knows how fast arithmetic is.
    public func prompt(_ cost: TokenCost, tokens: Double) -> SpeedPrediction? {
        guard var line = prompt else { return nil }
        let factor = measuredBytesMax > 0 ? cost.weightBytes / measuredBytesMax : nil
        let isFar = (factor ?? 0) > Self.trustedFactor
        // Small models may spend all of their time on steps and layers, and then a fit says that operations cost nothing. Kernels
        // for few bits are quicker than what the look measures; what a run has reached is no promise too much.
        let least = [probe?.operationsPerSecond.map { 1 / $0 }, quickestOperation].compactMap(\.self).min()
        if isFar, let least { line.perUnit = max(line.perUnit, least) }
        return prediction(
            line, steps: 1 / max(1, tokens), layers: cost.layers, units: cost.operations(atDepth: tokens / 2),
            bound: .arithmetic, extrapolation: isFar ? factor : nil)
    }

    private func prediction(
        _ line: Line, steps: Double, layers: Double, units: Double, bound: SpeedPrediction.Bound, extrapolation: Double?
    ) -> SpeedPrediction {
        let seconds = line.seconds(steps: steps, layers: layers, units: units)
        let isOverhead = seconds > 2 * units * line.perUnit
        return SpeedPrediction(
            tokensPerSecond: seconds > 0 ? 1 / seconds : 0, bound: isOverhead ? .overhead : bound,
            unitsPerToken: units, unitsPerSecond: line.perUnit > 0 ? 1 / line.perUnit : 0, basis: line.basis,
            error: line.error, extrapolation: extrapolation)
    }
}
