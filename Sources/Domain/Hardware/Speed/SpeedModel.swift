/// Seconds for a token, from what it costs: a machine's speed in a few numbers.
///
/// Generating: seconds = layers · a + bytes read · b. Reading a prompt: seconds = layers · c + operations · d.
/// With one sequence each generated token reads all weights once, which is what memory can deliver; a prompt's tokens
/// share the reading, and the arithmetic decides. `a` and `c` are what each layer costs however small it is.
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

    /// One line: seconds for each layer and for each unit (byte or operation).
    public struct Line: Sendable, Equatable {
        public var perLayer: Double
        public var perUnit: Double
        public var basis: Basis
        /// By leaving out each run in turn; `nil` where too few were measured.
        public var error: Error?

        public init(perLayer: Double, perUnit: Double, basis: Basis, error: Error? = nil) {
            self.perLayer = perLayer
            self.perUnit = perUnit
            self.basis = basis
            self.error = error
        }

        func seconds(layers: Double, units: Double) -> Double { layers * perLayer + units * perUnit }
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

    /// Runs that a fit needs at least: one more than it has coefficients.
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
        var layers: Double
        var units: Double
        var seconds: Double

        static func generation(_ run: SpeedMeasurement) -> Observation {
            Observation(
                layers: run.cost.layers, units: run.cost.bytes(atDepth: run.generationDepth),
                seconds: 1 / run.generationSpeed)
        }

        static func prompt(_ run: SpeedMeasurement) -> Observation {
            Observation(
                layers: run.cost.layers, units: run.cost.operations(atDepth: run.promptDepth),
                seconds: 1 / run.promptSpeed)
        }
    }

    private static func line(_ seen: [Observation], probe: Double?) -> Line? {
        if seen.count >= runsMin { return fitted(seen, withError: true) }
        guard let probe else { return seen.isEmpty ? nil : scaled(seen, perUnit: nil) }
        return seen.isEmpty ? Line(perLayer: 0, perUnit: probe, basis: .probe) : scaled(seen, perUnit: probe)
    }

    /// Relative differences count, so that small models are not drowned by large ones.
    private static func fitted(_ seen: [Observation], withError: Bool) -> Line {
        let coefficients = LeastSquares.nonNegative(
            seen.map { [$0.layers / $0.seconds, $0.units / $0.seconds] }, seen.map { _ in 1 })
        var line = Line(perLayer: coefficients[0], perUnit: coefficients[1], basis: .fit(runs: seen.count))
        guard withError else { return line }
        let misses = seen.indices.map { left -> Double in
            let others = seen.indices.filter { $0 != left }.map { seen[$0] }
            let predicted = fitted(others, withError: false).seconds(layers: seen[left].layers, units: seen[left].units)
            // In speed, as it is told: predicted tokens/s against measured ones.
            return predicted > 0 ? abs(seen[left].seconds / predicted - 1) : 1
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
