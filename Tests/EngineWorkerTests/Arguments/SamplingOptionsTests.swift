import Configuration
import LlamaRuntime
import Testing
import Vocabulary

@testable import EngineWorker

@Suite struct SamplingOptionsTests {
    @Test func `every sampling option fills its member`() throws {
        let sampling = try commandLine(
            """
            -m m --temp 0.5 --top-k -1 --top-p 0.9 --min-p 0.1 --typical 0.8 --top-nsigma 1.5 --xtc-probability 0.2 \
            --xtc-threshold 0.3 --repeat-last-n -1 --repeat-penalty 1.1 --presence-penalty -0.5 --frequency-penalty 0.4 \
            --dry-multiplier 0.8 --dry-base 2 --dry-allowed-length 3 --dry-penalty-last-n 99 --dynatemp-range 0.25 \
            --dynatemp-exp 1.5 --mirostat 2 --mirostat-lr 0.2 --mirostat-ent 6 --adaptive-target 0.6 \
            --adaptive-decay 0.99 --seed 7 -l 5+1.5 -l 6-inf --samplers top-k;temperature
            """
        ).sampling
        var wanted = SamplingParameters(temperature: 0.5, topP: 0.9, topK: 0, minP: 0.1, seed: 7)
        wanted.typicalP = 0.8
        wanted.topNSigma = 1.5
        wanted.xtcProbability = 0.2
        wanted.xtcThreshold = 0.3
        wanted.penaltyLastN = -1
        wanted.repetitionPenalty = 1.1
        wanted.presencePenalty = -0.5
        wanted.frequencyPenalty = 0.4
        wanted.dryMultiplier = 0.8
        wanted.dryBase = 2
        wanted.dryAllowedLength = 3
        wanted.dryPenaltyLastN = 99
        wanted.dynamicTemperatureRange = 0.25
        wanted.dynamicTemperatureExponent = 1.5
        wanted.mirostat = 2
        wanted.mirostatEta = 0.2
        wanted.mirostatTau = 6
        wanted.adaptiveTarget = 0.6
        wanted.adaptiveDecay = 0.99
        wanted.logitBias = [LogitBias(.token(5), bias: 1.5), LogitBias(.token(6), bias: -.infinity)]
        wanted.order = [.topK, .temperature]
        #expect(sampling == wanted)
    }

    @Test(
        arguments: [("-1", nil), ("4294967295", nil), ("0", 0), ("4294967294", 4_294_967_294)] as [(String, UInt32?)])
    func `a seed of -1 is none`(text: String, seed: UInt32?) throws {
        #expect(try commandLine("-m m -s \(text)").sampling.seed == seed)
    }

    @Test(arguments: [
        ("edskypmxt", SamplerKind.standardOrder), ("kpmt", [.topK, .topP, .minP, .temperature]),
        ("ia", [.infill, .adaptiveP]),
    ])
    func `samplers by letters`(letters: String, order: [SamplerKind]) throws {
        #expect(try commandLine("-m m --sampling-seq \(letters)").sampling.order == order)
    }

    @Test func `samplers by all their names, and the last word wins`() throws {
        let named = "penalties;dry;top_n_sigma;top-k;typ;nucleus;minp;xtc;temp"
        #expect(try commandLine("-m m --samplers \(named)").sampling.order == SamplerKind.standardOrder)
        #expect(try commandLine("-m m --samplers dry --sampler-seq k").sampling.order == [.topK])
        #expect(try commandLine("-m m --sampler-seq k --samplers dry").sampling.order == [.dry])
    }

    @Test(arguments: [
        ("--dry-sequence-breaker \\n --dry-sequence-breaker :", ["\n", ":"]),
        ("--dry-sequence-breaker none", []),
        ("--dry-sequence-breaker x --dry-sequence-breaker none --dry-sequence-breaker y", ["y"]),
        ("--dry-sequence-breaker \\n --no-escape", ["\\n"]),
    ])
    func `breakers replace the usual ones`(line: String, breakers: [String]) throws {
        #expect(try commandLine("-m m \(line)").sampling.drySequenceBreakers == breakers)
    }

    @Test(arguments: [("a\\tb\\\\n", "a\tb\\n"), ("\\q\\", "\\q\\"), ("\\'\\\"\\r", "'\"\r")])
    func `escapes`(text: String, wanted: String) { #expect(EngineOption.unescaped(text) == wanted) }
}
