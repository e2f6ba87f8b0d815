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
                model: "\(cost.weightBytes)", cost: cost, promptTokens: prompt,
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
        let line = try #require(model.prompt)
        #expect(near(line.fixed, machine.stepPrompt))
        #expect(near(model.generation.perUnit, machine.byte))
        #expect(near(model.generation.perLayer, machine.layerGeneration))
        #expect(near(line.perUnit, machine.operation))
        #expect(near(line.perLayer, machine.layerPrompt))
        #expect(model.generation.basis == .fit(runs: 6, models: 6))
        #expect((model.generation.error?.max ?? 1) < 1e-3)
        let other = cost(&random)
        let wanted = machine.run(other, prompt: 1_000, generated: 2)
        #expect(near(model.generation(other, depth: 1_001).tokensPerSecond, wanted.generationSpeed))
        #expect(near(try #require(model.prompt(other, tokens: 1_000)).tokensPerSecond, wanted.promptSpeed))
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

    @Test func `the error is that of a model that was left out`() throws {
        let machine = Synthetic()
        // Runs of one model at two depths agree with each other, and say nothing of how others are predicted.
        let one = TokenCost(weightBytes: 4e8, weights: 8e8, layers: 24, cacheBytes: 24_576)
        let alone = [64, 256, 1_024].map { machine.run(one, prompt: $0) }
        let probe = SpeedProbe(bytesPerSecond: 40e9, operationsPerSecond: 300e9)
        let single = try #require(SpeedModel.make(runs: alone, probe: probe))
        #expect(single.generation.basis == .corrected(runs: 3))
        #expect(single.generation.error == nil && single.prompt?.error == nil)
        // One that does not fit the others is seen in the error, however often it ran.
        let two = TokenCost(weightBytes: 9e8, weights: 18e8, layers: 28, cacheBytes: 28_672)
        let three = TokenCost(weightBytes: 2e9, weights: 4e9, layers: 32, cacheBytes: 32_768)
        let odd = [64, 256].map { machine.run(three, prompt: $0, noise: 0.5) }
        let fine = alone + [64, 256].map { machine.run(two, prompt: $0) }
        let without = try #require(SpeedModel.make(runs: fine, probe: probe)?.generation.error)
        let with = try #require(SpeedModel.make(runs: fine + odd, probe: probe)?.generation.error)
        #expect(without.max < 0.5)
        #expect(with.max > 0.4 && with.max > without.max)
        #expect(SpeedModel.make(runs: fine, probe: probe)?.generation.basis == .fit(runs: 5, models: 2))
    }

    @Test(arguments: 1...20)
    func `the error does not depend on the order of the runs`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let runs = (0..<7).map { _ in
            Synthetic().run(cost(&random), noise: .random(in: 0.8...1.2, using: &random))
        }
        let first = try #require(SpeedModel.make(runs: runs, probe: nil)?.generation.error)
        let second = try #require(SpeedModel.make(runs: runs.shuffled(using: &random), probe: nil)?.generation.error)
        #expect(abs(first.mean - second.mean) < 1e-9 && abs(first.max - second.max) < 1e-9)
    }

    @Test func `one tiny model does not make large ones slow`() throws {
        // 2 MB at 1,500 tokens/s would be 3 GB/s: what takes the time is not the memory.
        let tiny = TokenCost(weightBytes: 2e6, weights: 1e6, layers: 4)
        var run = Synthetic().run(tiny)
        run.generationSpeed = 1_500
        let probe = SpeedProbe(bytesPerSecond: 20e9, operationsPerSecond: 200e9)
        let model = try #require(SpeedModel.make(runs: [run], probe: probe))
        #expect(model.generation.basis == .corrected(runs: 1))
        #expect(abs(model.generation(tiny, depth: run.generationDepth).tokensPerSecond / 1_500 - 1) < 1e-9)
        let large = TokenCost(weightBytes: 5e9, weights: 8e9, layers: 32)
        let prediction = model.generation(large, depth: 0)
        #expect(prediction.tokensPerSecond > 2 && prediction.tokensPerSecond < 4)
        #expect(prediction.error == nil)
    }

    @Test func `a data sheet tells of generation alone`() throws {
        let probe = try #require(SpeedProbe.published(of: "NVIDIA H100 80GB HBM3"))
        let model = try #require(SpeedModel.make(runs: [], probe: probe))
        let cost = TokenCost(weightBytes: 5e9, weights: 8e9, layers: 32)
        #expect(model.generation.basis == .dataSheet)
        #expect(model.generation(cost, depth: 0).tokensPerSecond > 400)
        #expect(model.prompt(cost, tokens: 512) == nil)
        #expect(SpeedProbe.published(of: "NVIDIA Unheard-of 1") == nil)
        let run = Synthetic().run(cost)
        #expect(try #require(SpeedModel.make(runs: [run], probe: probe)).prompt(cost, tokens: 128) != nil)
    }

    @Test func `sentences say what a number rests on`() throws {
        let cost = TokenCost(weightBytes: 5e9, weights: 8e9, layers: 32)
        func sentence(_ runs: [SpeedMeasurement]) throws -> String {
            let probe = SpeedProbe(bytesPerSecond: 40e9, operationsPerSecond: 300e9)
            let model = try #require(SpeedModel.make(runs: runs, probe: probe))
            return Reason.generationSpeed(model.generation(cost, depth: 0), wanted: 8).sentence
        }
        #expect(try sentence([]).contains("no model ran yet, how far off is not known"))
        let run = Synthetic().run(TokenCost(weightBytes: 4e9, weights: 8e9, layers: 32))
        #expect(try sentence([run]).contains("from 1 measured run of one model, how far off is not known"))
        let others = [1e9, 2e9].map { Synthetic().run(TokenCost(weightBytes: $0, weights: $0, layers: 16)) }
        let told = try sentence([run] + others)
        #expect(told.contains("fitted on 3 runs of 3 models, for one that was left out off by"))
        #expect(told.contains("% at most"))
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

    @Test func `operations of large models cost what they cost at best, not nothing`() throws {
        // Times that layers explain alone.
        let machine = Synthetic(layerPrompt: 50e-6, operation: 0)
        let runs = [(1e7, 8.0), (2e7, 16), (3e7, 24)].map { bytes, layers in
            machine.run(TokenCost(weightBytes: bytes, weights: bytes, layers: layers))
        }
        let large = TokenCost(weightBytes: 4e9, weights: 8e9, layers: 32)
        let best = runs.map { 2 * $0.cost.weights * $0.promptSpeed }.max() ?? 0
        for probe in [nil, SpeedProbe(bytesPerSecond: 40e9, operationsPerSecond: best * 3)] {
            let model = try #require(SpeedModel.make(runs: runs, probe: probe))
            #expect(model.prompt?.perUnit == 0)
            let told = try #require(model.prompt(large, tokens: 512)).tokensPerSecond
            #expect(told * 16e9 <= best * (probe == nil ? 1 : 3) * (1 + 1e-9))
        }
        // A look that is too slow, as of a build that is not optimised, does not outweigh what ran.
        let slow = SpeedProbe(bytesPerSecond: 40e9, operationsPerSecond: 1e6)
        let model = try #require(SpeedModel.make(runs: runs, probe: slow))
        #expect(try #require(model.prompt(large, tokens: 512)).tokensPerSecond > 1)
    }

    @Test func `accelerators' bandwidths are found by whole words`() {
        #expect(PublishedBandwidth.of("NVIDIA H100 80GB HBM3") == 3_350e9)
        #expect(PublishedBandwidth.of("NVIDIA GeForce RTX 4060 Ti") == 288e9)
        #expect(PublishedBandwidth.of("NVIDIA L40S") == 864e9)
        #expect(PublishedBandwidth.of("NVIDIA A1000") == nil)
        #expect(PublishedBandwidth.of("") == nil)
    }
}
