import TestRandomness
import Testing

@testable import Inference

@Suite struct StepCostModelTests {
    /// What an engine sees: mostly steps that write, some that also read a prompt, in chunks of changing size.
    private func load(_ step: Int, using random: inout SeededRandom) -> StepLoad {
        let rows = 1 + step / 20 % 16
        let isReading = step % 50 < 15
        let chunk = isReading ? Int.random(in: 4...60, using: &random) : 0
        return StepLoad(
            decodeRows: rows, prefillTokens: chunk,
            attended: rows * Int.random(in: 50...500, using: &random) + chunk * (step % 50) * 60)
    }

    /// Relative errors of predictions for steps like those that were seen.
    private func errors(
        of model: StepCostModel, on machine: SimulatedMachine, using random: inout SeededRandom
    ) -> [Double] {
        var exact = machine
        exact.noise = 0
        return (0..<300).map { step in
            let load = load(step, using: &random)
            let seconds = exact.duration(load, using: &random)
            return abs(model.predicted(load) / seconds - 1)
        }
    }

    @Test(arguments: [SimulatedMachine(noise: 0.15), .processor, .accelerator])
    func `predictions come within a tenth under noise`(machine: SimulatedMachine) {
        var random = SeededRandom(seed: 1)
        var model = StepCostModel()
        for step in 0..<600 {
            let load = load(step, using: &random)
            model.observe(load, seconds: machine.duration(load, using: &random))
        }
        let errors = errors(of: model, on: machine, using: &random)
        #expect(quantile(0.5, of: errors) < 0.06, "\(quantile(0.5, of: errors))")
        #expect(quantile(0.95, of: errors) < 0.15, "\(quantile(0.95, of: errors))")
    }

    @Test(arguments: [0.3, 3, 10])
    func `a lasting change of speed is followed within a hundred steps`(factor: Double) {
        var random = SeededRandom(seed: 2)
        let machine = SimulatedMachine.processor
        var model = StepCostModel()
        for step in 0..<700 {
            let load = load(step, using: &random)
            model.observe(
                load, seconds: machine.duration(load, using: &random) * (step < 600 ? 1 : factor))
        }
        var changed = machine
        (changed.base, changed.row) = (machine.base * factor, machine.row * factor)
        (changed.prompt, changed.attended) = (machine.prompt * factor, machine.attended * factor)
        let errors = errors(of: model, on: changed, using: &random)
        #expect(quantile(0.5, of: errors) < 0.12, "\(quantile(0.5, of: errors))")
    }

    @Test func `what was not seen since a change of speed follows it, too`() {
        var random = SeededRandom(seed: 3)
        let machine = SimulatedMachine.processor
        var model = StepCostModel()
        for step in 0..<600 {
            let load = load(step, using: &random)
            model.observe(load, seconds: machine.duration(load, using: &random))
        }
        let writing = StepLoad(decodeRows: 4, attended: 1000)
        let mixed = StepLoad(decodeRows: 4, prefillTokens: 40, attended: 5000)
        let before = model.predicted(mixed)
        for _ in 0..<300 { model.observe(writing, seconds: machine.duration(writing, using: &random) * 3) }
        #expect(abs(model.predicted(mixed) / before / 3 - 1) < 0.35, "\(model.predicted(mixed) / before)")
    }

    @Test func `single outliers, a hundred times too long, leave predictions alone`() {
        var random = SeededRandom(seed: 4)
        let machine = SimulatedMachine(noise: 0.05)
        var model = StepCostModel()
        for step in 0..<800 {
            let load = load(step, using: &random)
            let isOutlier = step % 23 == 7
            model.observe(load, seconds: machine.duration(load, using: &random) * (isOutlier ? 100 : 1))
        }
        let errors = errors(of: model, on: machine, using: &random)
        #expect(quantile(0.9, of: errors) < 0.15, "\(quantile(0.9, of: errors))")
    }

    @Test func `nonsense is ignored, and nothing is predicted from nothing`() {
        var model = StepCostModel()
        #expect(model.predicted(StepLoad(decodeRows: 3)) == 0)
        #expect(model.prefillTokens(fitting: 1, beside: StepLoad(decodeRows: 1), position: 0) == 0)
        for seconds in [0, -1, .nan, .infinity] { model.observe(StepLoad(decodeRows: 1), seconds: seconds) }
        model.observe(StepLoad(), seconds: 1)
        #expect(model.predicted(StepLoad(decodeRows: 3)) == 0)
        #expect(!model.isLearned)
    }

    @Test func `no coefficient is ever negative, whatever was observed`() {
        var random = SeededRandom(seed: 5)
        var model = StepCostModel()
        for step in 0..<1000 {
            model.observe(load(step, using: &random), seconds: Double.random(in: 1e-6...1, using: &random))
            let little = model.predicted(StepLoad(decodeRows: 1, prefillTokens: 1, attended: 1))
            let much = model.predicted(StepLoad(decodeRows: 8, prefillTokens: 100, attended: 100_000))
            #expect(little >= 0 && much >= little && much.isFinite)
        }
    }
}
