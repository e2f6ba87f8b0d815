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
        /// The maker's data sheet of an accelerator; models ran nowhere yet.
        case dataSheet
        /// One of these, corrected by runs of one model.
        case corrected(runs: Int)
        /// Runs of several models on this machine.
        case fit(runs: Int, models: Int)
    }

    /// How far predictions were from the runs of models that they were not made from, as shares of the measured speeds:
    /// 0.1 is a tenth.
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
        /// By leaving out each model in turn; `nil` where fewer than two were measured.
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
    /// `nil` where nobody knows how fast arithmetic is.
    public var prompt: Line?
    /// The most bytes that a measured run read for a token; 0 without runs.
    public var measuredBytesMax: Double
    /// Seconds for an operation in the run that reached most of them; `nil` without runs.
    public var quickestOperation: Double?
    /// What the machine could do at most, for models beyond what was measured; `nil` where nobody looked.
    public var probe: SpeedProbe?

    public init(
        generation: Line, prompt: Line?, measuredBytesMax: Double = 0, quickestOperation: Double? = nil,
        probe: SpeedProbe? = nil
    ) {
        self.generation = generation
        self.prompt = prompt
        self.measuredBytesMax = measuredBytesMax
        self.quickestOperation = quickestOperation
        self.probe = probe
    }
}
