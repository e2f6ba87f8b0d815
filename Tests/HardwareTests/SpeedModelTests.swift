import TestRandomness
import Testing

@testable import Hardware

@Suite struct SpeedModelTests {
    /// A machine that is exactly as the model says.
    private struct Synthetic {
        var stepGeneration = 0.0
        var stepPrompt = 0.0
        var layerGeneration = 20e-6
        var byte = 1 / 40e9
        var layerPrompt = 4e-6
        var operation = 1 / 300e9

        func run(_ cost: TokenCost, prompt: Int = 128, generated: Int = 32, noise: Double = 1) -> SpeedMeasurement {
            let depth = Double(prompt) + Double(generated) / 2
            return SpeedMeasurement(
                model: "m", cost: cost, promptTokens: prompt,
                promptSpeed: noise
                    / (stepPrompt / Double(prompt) + cost.layers * layerPrompt + cost.operations(
                        atDepth: Double(prompt) / 2) * operation),
                generatedTokens: generated,
                generationSpeed: noise
                    / (stepGeneration + cost.layers * layerGeneration + cost.bytes(atDepth: depth) * byte),
                threads: 8, engine: "e")
        }
    }

    private func cost(_ random: inout SeededRandom) -> TokenCost {
        let layers = Double(Int.random(in: 4...80, using: &random))
        let bytes = Double.random(in: 5e7...5e10, using: &random)
        return TokenCost(
            weightBytes: bytes, weights: bytes * Double.random(in: 0.5...2, using: &random), layers: layers,
            cacheBytes: layers * 4_096, attentionOperations: layers * 16_384)
    }

    @Test(arguments: 1...20)
    func `the numbers of a machine are found again from its runs`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let machine = Synthetic(
            stepGeneration: .random(in: 1e-5...1e-3, using: &random),
            stepPrompt: .random(in: 1e-4...1e-2, using: &random),
            layerGeneration: .random(in: 1e-6...1e-4, using: &random), byte: .random(in: 1e-12...1e-10, using: &random),
            layerPrompt: .random(in: 1e-6...1e-4, using: &random), operation: .random(in: 1e-13...1e-11, using: &random)
        )
        let runs = (0..<6).map { machine.run(cost(&random), prompt: 64 << ($0 % 3)) }
        let model = try #require(SpeedModel.make(runs: runs, probe: nil))
        func near(_ found: Double, _ true: Double) -> Bool { abs(found / `true` - 1) < 1e-4 }
        #expect(near(model.generation.fixed, machine.stepGeneration))
        #expect(near(model.prompt.fixed, machine.stepPrompt))
        #expect(near(model.generation.perUnit, machine.byte))
        #expect(near(model.generation.perLayer, machine.layerGeneration))
        #expect(near(model.prompt.perUnit, machine.operation))
        #expect(near(model.prompt.perLayer, machine.layerPrompt))
        #expect(model.generation.basis == .fit(runs: 6))
        #expect((model.generation.error?.max ?? 1) < 1e-3)
        let other = cost(&random)
        let wanted = machine.run(other, prompt: 1_000, generated: 2)
        #expect(near(model.generation(other, depth: 1_001).tokensPerSecond, wanted.generationSpeed))
        #expect(near(model.prompt(other, tokens: 1_000).tokensPerSecond, wanted.promptSpeed))
    }

    @Test(arguments: 1...10)
    func `noise shows in the error, and the fit stays near`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let machine = Synthetic()
        let runs = (0..<12).map { _ in
            machine.run(cost(&random), noise: .random(in: 0.9...1.1, using: &random))
        }
        let model = try #require(SpeedModel.make(runs: runs, probe: nil))
        let error = try #require(model.generation.error)
        #expect(error.mean > 0.005)
        #expect(error.mean < 0.2)
        #expect(error.max >= error.mean)
        #expect(abs(model.generation.perUnit / machine.byte - 1) < 0.15)
    }

    @Test func `coefficients are never negative`() {
        // Larger models that are quicker: the best line with two coefficients falls.
        let found = LeastSquares.nonNegative([[1, 10], [1, 20], [1, 30]], [3, 2, 1])
        #expect(found.allSatisfy { $0 >= 0 })
        #expect(found[1] == 0)
        #expect(abs(found[0] - 2) < 1e-9)
        #expect(LeastSquares.nonNegative([], []).isEmpty)
        // Two columns that say the same have no one solution together; one of them does.
        #expect(LeastSquares.nonNegative([[1, 1], [2, 2], [3, 3]], [1, 2, 3]).reduce(0, +) == 1)
    }

    @Test func `without runs the short look counts, with one it is corrected`() throws {
        let probe = SpeedProbe(bytesPerSecond: 50e9, operationsPerSecond: 400e9)
        #expect(SpeedModel.make(runs: [], probe: nil) == nil)
        let looked = try #require(SpeedModel.make(runs: [], probe: probe))
        #expect(looked.generation.basis == .probe)
        let cost = TokenCost(weightBytes: 5e9, weights: 8e9, layers: 32)
        let prediction = looked.generation(cost, depth: 0)
        #expect(prediction.bound == .memoryBandwidth)
        #expect(abs(prediction.tokensPerSecond - 7) < 1e-9)
        let run = Synthetic().run(cost)
        let corrected = try #require(SpeedModel.make(runs: [run], probe: probe))
        #expect(corrected.generation.basis == .corrected(runs: 1))
        #expect(abs(corrected.generation(cost, depth: 144).tokensPerSecond / run.generationSpeed - 1) < 1e-9)
    }

    @Test func `unsound runs and looks are left out`() {
        var run = Synthetic().run(TokenCost(weightBytes: 5e9, weights: 8e9, layers: 32))
        for speed in [0, -1, .infinity, .nan] as [Double] {
            run.generationSpeed = speed
            #expect(!run.isSound)
            #expect(SpeedModel.make(runs: [run, run, run], probe: nil) == nil)
        }
        #expect(SpeedModel.make(runs: [], probe: SpeedProbe(bytesPerSecond: 0, operationsPerSecond: 1)) == nil)
    }

    @Test func `a model far beyond what ran is not faster than memory`() throws {
        // Small models, all in the processor's caches, seem to read 400 GB/s.
        let machine = Synthetic(byte: 1 / 400e9)
        let runs = [1e7, 2e7, 3e7].map { machine.run(TokenCost(weightBytes: $0, weights: $0, layers: 8)) }
        let probe = SpeedProbe(bytesPerSecond: 40e9, operationsPerSecond: 400e9)
        let model = try #require(SpeedModel.make(runs: runs, probe: probe))
        let large = TokenCost(weightBytes: 4e9, weights: 8e9, layers: 32)
        let prediction = model.generation(large, depth: 0)
        #expect(prediction.tokensPerSecond <= 10)
        #expect((prediction.extrapolation ?? 0) > 100)
        #expect(model.generation(TokenCost(weightBytes: 3e7, weights: 3e7, layers: 8), depth: 0).extrapolation == nil)
    }

    @Test func `accelerators' bandwidths are found by whole words`() {
        #expect(PublishedBandwidth.of("NVIDIA H100 80GB HBM3") == 3_350e9)
        #expect(PublishedBandwidth.of("NVIDIA GeForce RTX 4060 Ti") == 288e9)
        #expect(PublishedBandwidth.of("NVIDIA L40S") == 864e9)
        #expect(PublishedBandwidth.of("NVIDIA A1000") == nil)
        #expect(PublishedBandwidth.of("") == nil)
    }
}
