extension SpeedModel {
    /// Runs of several models that a fit needs at least; with one more it has a third coefficient, `Line.fixed`.
    public static let runsMin = 3
    /// Of the speeds that the short look finds, what a model's kernels reach. Chosen: low, so that a prediction
    /// without runs does not promise too much.
    static let bandwidthShare = 0.7
    static let operationsShare = 0.7
    /// A run that takes longer than this many times what the look says spends its time on something else than the units,
    /// and tells nothing of them. Chosen: kernels that reach less than a third of what memory delivers are rare.
    static let overheadFactor = 2.0

    /// The best that can be said with what was measured.
    ///
    /// - Parameters:
    ///   - runs: on this machine, with one engine and number of threads; unsound ones are left out.
    ///   - probe: what the machine could do at most.
    /// - Returns: `nil` when there is neither a sound run nor a look.
    public static func make(runs: [SpeedMeasurement], probe: SpeedProbe?) -> SpeedModel? {
        let runs = runs.filter(\.isSound)
        guard var model = fitted(runs, probe: probe.flatMap { $0.isSound ? $0 : nil }) else { return nil }
        let names = Set(runs.map(\.model))
        guard names.count > 1 else { return model }
        var generation: [Double] = []
        var prompt: [Double] = []
        for name in names.sorted() {
            guard let other = fitted(runs.filter { $0.model != name }, probe: model.probe) else { continue }
            for run in runs where run.model == name {
                let written = other.generation(run.cost, depth: run.generationDepth).tokensPerSecond
                generation.append(abs(written / run.generationSpeed - 1))
                guard let read = other.prompt(run.cost, tokens: Double(run.promptTokens)) else { continue }
                prompt.append(abs(read.tokensPerSecond / run.promptSpeed - 1))
            }
        }
        model.generation.error = Error(of: generation)
        model.prompt?.error = Error(of: prompt)
        return model
    }

    /// The same without the errors.
    private static func fitted(_ runs: [SpeedMeasurement], probe: SpeedProbe?) -> SpeedModel? {
        let generation = line(
            runs.map(Observation.generation), prior: probe.map { 1 / ($0.bytesPerSecond * bandwidthShare) },
            without: probe?.basis ?? .probe)
        let prompts = runs.map(Observation.prompt)
        let prompt = line(
            prompts,
            prior: probe?.operationsPerSecond.map { 1 / ($0 * operationsShare) }, without: probe?.basis ?? .probe)
        guard let generation else { return nil }
        return SpeedModel(
            generation: generation, prompt: prompt,
            measuredBytesMax: runs.map { $0.cost.bytes(atDepth: $0.generationDepth) }.max() ?? 0,
            quickestOperation: prompts.map { $0.seconds / $0.units }.min(), probe: probe)
    }

    /// What one run says of one line.
    private struct Observation {
        var model: String
        /// Of a step, the part that counts for one token.
        var steps: Double
        var layers: Double
        var units: Double
        var seconds: Double

        /// What a token costs, for each second that it took.
        func row(_ count: Int) -> [Double] { [units, layers, steps].prefix(count).map { $0 / seconds } }

        static func generation(_ run: SpeedMeasurement) -> Observation {
            Observation(
                model: run.model, steps: 1, layers: run.cost.layers,
                units: run.cost.bytes(atDepth: run.generationDepth), seconds: 1 / run.generationSpeed)
        }

        static func prompt(_ run: SpeedMeasurement) -> Observation {
            Observation(
                model: run.model, steps: 1 / Double(run.promptTokens), layers: run.cost.layers,
                units: run.cost.operations(atDepth: run.promptDepth), seconds: 1 / run.promptSpeed)
        }
    }

    /// - Parameters:
    ///   - seen: the runs.
    ///   - prior: seconds for a unit before any run.
    ///   - basis: of `prior`.
    /// - Returns: `nil` when there is neither a run nor a prior.
    private static func line(_ seen: [Observation], prior: Double?, without basis: Basis) -> Line? {
        guard !seen.isEmpty else { return prior.map { Line(perLayer: 0, perUnit: $0, basis: basis) } }
        let models = Set(seen.map(\.model)).count
        guard models > 1, seen.count >= runsMin else { return corrected(seen, prior: prior) }
        // Relative differences count, so that small models are not drowned by large ones.
        let count = models > 2 && seen.count > runsMin ? 3 : 2
        let found = LeastSquares.nonNegative(seen.map { $0.row(count) }, seen.map { _ in 1 })
        return Line(
            fixed: count > 2 ? found[2] : 0, perLayer: found[1], perUnit: found[0],
            basis: .fit(runs: seen.count, models: models))
    }

    /// From one model alone nobody can tell what its bytes cost and what its layers. A time near what the look says is taken
    /// for the bytes'; of a much longer one the rest is taken for the layers'. Without a look all of it is the bytes'.
    private static func corrected(_ seen: [Observation], prior: Double?) -> Line {
        let count = Double(seen.count)
        let perUnit = seen.reduce(0) { $0 + $1.seconds / $1.units } / count
        let layers = seen.allSatisfy { $0.layers > 0 }
        guard let prior, perUnit > overheadFactor * prior, layers else {
            return Line(perLayer: 0, perUnit: perUnit, basis: .corrected(runs: seen.count))
        }
        let rest = seen.reduce(0) { $0 + ($1.seconds - $1.units * prior) / $1.layers } / count
        return Line(perLayer: max(0, rest), perUnit: prior, basis: .corrected(runs: seen.count))
    }
}

extension SpeedModel.Error {
    /// `nil` of nothing.
    fileprivate init?(of misses: [Double]) {
        guard !misses.isEmpty else { return nil }
        self.init(mean: misses.reduce(0, +) / Double(misses.count), max: misses.max() ?? 0)
    }
}
