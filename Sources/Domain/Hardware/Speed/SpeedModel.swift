/// Seconds for a token, from what it costs: a machine's speed in a few numbers.
///
/// Generating: seconds = fixed + layers · a + bytes read · b. Reading a prompt of n tokens: seconds for each =
/// fixed / n + layers · c + operations · d. With one sequence each generated token reads all weights once, which is what
/// memory can deliver; a prompt's tokens share the reading, and the arithmetic decides. The rest is what a step and each
/// layer of it cost however small they are.
public struct SpeedModel: Sendable, Equatable {
    /// Where the numbers come from.
    public enum Basis: Sendable, Equatable {
        /// A short look at the machine; models ran nowhere yet.
        case probe
        /// The same, corrected by fewer runs than a fit needs.
        case corrected(runs: Int)
        /// Runs of models on this machine.
        case fit(runs: Int)
    }

    /// How far predictions were from runs that they were not made from, as shares: 0.1 is a tenth.
    public struct Error: Sendable, Equatable {
        public var mean: Double
        public var max: Double

        public init(mean: Double, max: Double) {
            self.mean = mean
            self.max = max
        }
    }

    /// One line: seconds for each step, layer and unit (byte or operation).
    public struct Line: Sendable, Equatable {
        /// For a generated token, or for a whole prompt.
        public var fixed: Double
        public var perLayer: Double
        public var perUnit: Double
        public var basis: Basis
        /// By leaving out each run in turn; `nil` where too few were measured.
        public var error: Error?

        public init(fixed: Double = 0, perLayer: Double, perUnit: Double, basis: Basis, error: Error? = nil) {
            self.fixed = fixed
            self.perLayer = perLayer
            self.perUnit = perUnit
            self.basis = basis
            self.error = error
        }

        /// Seconds for a token that shares its step's costs with `steps` of a step.
        func seconds(steps: Double, layers: Double, units: Double) -> Double {
            steps * fixed + layers * perLayer + units * perUnit
        }
    }

    public var generation: Line
    public var prompt: Line
    /// The most bytes that a measured run read for a token; 0 without runs.
    public var measuredBytesMax: Double
    /// What memory delivers by the short look, for models beyond what was measured; `nil` where nobody looked.
    public var probe: SpeedProbe?

    public init(generation: Line, prompt: Line, measuredBytesMax: Double = 0, probe: SpeedProbe? = nil) {
        self.generation = generation
        self.prompt = prompt
        self.measuredBytesMax = measuredBytesMax
        self.probe = probe
    }

    /// Runs that a fit needs at least; with one more it has a third coefficient, `Line.fixed`.
    public static let runsMin = 3
    /// Of the speeds that the short look finds, what a model's kernels reach. Chosen: low, so that a prediction
    /// without runs does not promise too much.
    static let bandwidthShare = 0.7
    static let operationsShare = 0.7

    /// The best that can be said with what was measured.
    ///
    /// - Parameters:
    ///   - runs: on this machine, with one engine and number of threads; unsound ones are left out.
    ///   - probe: the short look.
    /// - Returns: `nil` when there is neither a sound run nor a look.
    public static func make(runs: [SpeedMeasurement], probe: SpeedProbe?) -> SpeedModel? {
        let runs = runs.filter(\.isSound)
        let sound = probe.flatMap { $0.bytesPerSecond > 0 && $0.operationsPerSecond > 0 ? $0 : nil }
        let generation = line(
            runs.map(Observation.generation), probe: sound.map { 1 / ($0.bytesPerSecond * bandwidthShare) })
        let prompt = line(
            runs.map(Observation.prompt), probe: sound.map { 1 / ($0.operationsPerSecond * operationsShare) })
        guard let generation, let prompt else { return nil }
        return SpeedModel(
            generation: generation, prompt: prompt,
            measuredBytesMax: runs.map { $0.cost.bytes(atDepth: $0.generationDepth) }.max() ?? 0, probe: sound)
    }

    private struct Observation {
        /// Of a step, the part that counts for one token.
        var steps: Double
        var layers: Double
        var units: Double
        var seconds: Double

        /// What a token costs, for each second that it took.
        func row(_ count: Int) -> [Double] { [units, layers, steps].prefix(count).map { $0 / seconds } }

        static func generation(_ run: SpeedMeasurement) -> Observation {
            Observation(
                steps: 1, layers: run.cost.layers, units: run.cost.bytes(atDepth: run.generationDepth),
                seconds: 1 / run.generationSpeed)
        }

        static func prompt(_ run: SpeedMeasurement) -> Observation {
            Observation(
                steps: 1 / Double(run.promptTokens), layers: run.cost.layers,
                units: run.cost.operations(atDepth: run.promptDepth), seconds: 1 / run.promptSpeed)
        }
    }

    private static func line(_ seen: [Observation], probe: Double?) -> Line? {
        if seen.count >= runsMin { return fitted(seen, withError: true) }
        guard let probe else { return seen.isEmpty ? nil : scaled(seen, perUnit: nil) }
        return seen.isEmpty ? Line(perLayer: 0, perUnit: probe, basis: .probe) : scaled(seen, perUnit: probe)
    }

    /// Relative differences count, so that small models are not drowned by large ones.
    private static func fitted(_ seen: [Observation], withError: Bool) -> Line {
        let count = min(3, max(2, seen.count - (withError ? 1 : 0)))
        let found = LeastSquares.nonNegative(seen.map { $0.row(count) }, seen.map { _ in 1 })
        var line = Line(
            fixed: count > 2 ? found[2] : 0, perLayer: found[1], perUnit: found[0], basis: .fit(runs: seen.count))
        guard withError else { return line }
        let misses = seen.indices.map { left -> Double in
            let others = seen.indices.filter { $0 != left }.map { seen[$0] }
            let one = seen[left]
            let predicted = fitted(others, withError: false)
                .seconds(steps: one.steps, layers: one.layers, units: one.units)
            // In speed, as it is told: predicted tokens/s against measured ones.
            return predicted > 0 ? abs(one.seconds / predicted - 1) : 1
        }
        line.error = Error(mean: misses.reduce(0, +) / Double(misses.count), max: misses.max() ?? 0)
        return line
    }

    /// One or two runs say how far off the look is; without a look they are taken for all that there is.
    private static func scaled(_ seen: [Observation], perUnit: Double?) -> Line {
        let ratio = seen.reduce(0) { $0 + $1.seconds / $1.units } / Double(seen.count)
        return Line(perLayer: 0, perUnit: ratio, basis: .corrected(runs: seen.count))
    }
}
