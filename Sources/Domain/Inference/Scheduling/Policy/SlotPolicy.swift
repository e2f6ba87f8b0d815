/// Decides how many sequences run at once.
///
/// More sequences together write more tokens per second, and each of them fewer. From the middle of `LatencyBias` to its
/// throughput end all slots are used. Towards the latency end, only as many as make a step at most `slowdown` times as
/// long as a step of one sequence: 1.5 times at the end, 2 times half way to it. Requests beyond that wait, until so many
/// wait that they would be served sooner if running ones were slower.
///
/// It only says whether one more may start: nobody who runs is stopped.
struct SlotPolicy: Sendable {
    let sequencesMax: Int
    let bias: LatencyBias

    init(sequencesMax: Int, bias: LatencyBias = .default) {
        precondition(sequencesMax > 0, "an engine runs at least one sequence")
        self.sequencesMax = sequencesMax
        self.bias = bias
    }

    /// How many sequences may run now, between 1 and `sequencesMax`.
    ///
    /// - Parameters:
    ///   - waiting: requests without a slot.
    ///   - costs: what is known of the duration of steps.
    /// - Returns: at least 1.
    func sequences(waiting: Int, costs: StepCostModel) -> Int {
        guard bias.value > 0.5 else { return sequencesMax }
        let fast = costs.isLearned ? fastSequences(costs) : unmeasured
        // At the latency end nobody is made slower for those who wait; in the middle, everybody is.
        let pressure = Double(max(0, waiting)) / Double(max(1, waiting + fast))
        let yielding = 2 * (1 - bias.value) * pressure
        return min(sequencesMax, fast + Int(Double(sequencesMax - fast) * yielding))
    }

    /// How much longer than for one sequence a step may be.
    var slowdown: Double { bias.value > 0.5 ? 1 + 0.25 / (bias.value - 0.5) : .infinity }

    /// Half of the slots at the latency end.
    private var unmeasured: Int { max(1, Int(Double(sequencesMax) * (1.5 - bias.value))) }

    /// The most sequences whose common step is fast enough.
    private func fastSequences(_ costs: StepCostModel) -> Int {
        let most = costs.predicted(StepLoad(decodeRows: 1)) * slowdown
        // Prediction grows with the rows.
        var low = 1
        var high = sequencesMax
        while low < high {
            let middle = (low + high + 1) / 2
            if costs.predicted(StepLoad(decodeRows: middle)) <= most { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
