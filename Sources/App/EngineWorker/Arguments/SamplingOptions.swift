import Configuration
import Vocabulary

extension SamplingParameters {
    /// What a command line says of sampling.
    init(_ parsed: ParsedCommand) {
        self.init(
            temperature: parsed[EngineOption.temperature], topP: parsed[EngineOption.topP],
            topK: parsed[EngineOption.topK].map { max(0, $0) }, minP: parsed[EngineOption.minP],
            seed: parsed[EngineOption.seed].flatMap { $0 < 0 || $0 == EngineOption.seedRandom ? nil : UInt32($0) })
        dynamicTemperatureRange = parsed[EngineOption.dynamicRange]
        dynamicTemperatureExponent = parsed[EngineOption.dynamicExponent]
        typicalP = parsed[EngineOption.typicalP]
        topNSigma = parsed[EngineOption.topNSigma]
        xtcProbability = parsed[EngineOption.xtcProbability]
        xtcThreshold = parsed[EngineOption.xtcThreshold]
        dryMultiplier = parsed[EngineOption.dryMultiplier]
        dryBase = parsed[EngineOption.dryBase]
        dryAllowedLength = parsed[EngineOption.dryAllowedLength]
        dryPenaltyLastN = parsed[EngineOption.dryPenaltyLastN]
        drySequenceBreakers = EngineOption.breakers(parsed)
        penaltyLastN = parsed[EngineOption.penaltyLastN]
        repetitionPenalty = parsed[EngineOption.repetitionPenalty]
        presencePenalty = parsed[EngineOption.presencePenalty]
        frequencyPenalty = parsed[EngineOption.frequencyPenalty]
        mirostat = parsed[EngineOption.mirostat]
        mirostatEta = parsed[EngineOption.mirostatEta]
        mirostatTau = parsed[EngineOption.mirostatTau]
        adaptiveTarget = parsed[EngineOption.adaptiveTarget]
        adaptiveDecay = parsed[EngineOption.adaptiveDecay]
        let biases = parsed.all(EngineOption.logitBias)
        logitBias = biases.isEmpty ? nil : biases
        order = parsed.all(EngineOption.samplers, EngineOption.samplerLetters).last
    }
}

extension EngineOption {
    /// llama-server's seed for "by chance".
    static let seedRandom = Int(UInt32.max)
    private static let tokensMax = 100_000_000

    static let samplers = CommandOption<[SamplerKind]>(
        "samplers", .samplers, "Samplers in their order, separated by semicolons.")
    static let samplerLetters = CommandOption<[SamplerKind]>(
        "sampler-seq", also: ["--sampling-seq"], .samplerLetters, "The same in letters (default edskypmxt).")
    static let seed = CommandOption<Int>(
        "seed", also: ["-s"], .integer(in: -1...seedRandom), "Fixes chance; -1 does not.")
    static let temperature = CommandOption<Double>(
        "temp", also: ["--temperature"], variable: "LLAMA_ARG_TEMPERATURE", .number(in: 0...10),
        "Temperature (default 0.8).")
    static let topK = CommandOption<Int>(
        "top-k", also: [], variable: "LLAMA_ARG_TOP_K", .integer(in: -1...1_000_000),
        "Tokens to choose from; 0 is all (default 40).")
    static let topP = CommandOption<Double>(
        "top-p", also: [], variable: "LLAMA_ARG_TOP_P", .number(in: 0...1),
        "Share of probability to choose from (default 0.95).")
    static let minP = CommandOption<Double>(
        "min-p", also: [], variable: "LLAMA_ARG_MIN_P", .number(in: 0...1),
        "Least probability, as a share of the likeliest (default 0.05).")
    static let typicalP = CommandOption<Double>(
        "typical", also: ["--typical-p"], .number(in: 0...1), "Locally typical sampling; 1 is off.")
    static let topNSigma = CommandOption<Double>(
        "top-n-sigma", also: ["--top-nsigma"], .number(in: -1...1000),
        "Standard deviations below the best to choose from; -1 is off.")
    static let xtcProbability = CommandOption<Double>("xtc-probability", .number(in: 0...1), "Chance of XTC; 0 is off.")
    static let xtcThreshold = CommandOption<Double>(
        "xtc-threshold", .number(in: 0...1), "Tokens at least this likely may go (default 0.1).")
    static let penaltyLastN = CommandOption<Int>(
        "repeat-last-n", .integer(in: -1...tokensMax), "Tokens that penalties look back; -1 is all (default 64).")
    static let repetitionPenalty = CommandOption<Double>(
        "repeat-penalty", also: [], variable: "LLAMA_ARG_REPEAT_PENALTY", .number(in: 0.01...100),
        "Divides the scores of tokens seen before; 1 is off.")
    static let presencePenalty = CommandOption<Double>(
        "presence-penalty", also: [], variable: "LLAMA_ARG_PRESENCE_PENALTY", .number(in: -100...100),
        "Taken once from tokens seen before.")
    static let frequencyPenalty = CommandOption<Double>(
        "frequency-penalty", also: [], variable: "LLAMA_ARG_FREQUENCY_PENALTY", .number(in: -100...100),
        "Taken from tokens seen before, once for each time.")
    static let dryMultiplier = CommandOption<Double>("dry-multiplier", .number(in: 0...100), "DRY penalty; 0 is off.")
    static let dryBase = CommandOption<Double>("dry-base", .number(in: 1...100), "Its base (default 1.75).")
    static let dryAllowedLength = CommandOption<Int>(
        "dry-allowed-length", .integer(in: 0...1_000_000), "Repetitions that it allows (default 2).")
    static let dryPenaltyLastN = CommandOption<Int>(
        "dry-penalty-last-n", .integer(in: -1...tokensMax), "Tokens that it looks back; -1 is all.")
    static let dryBreaker = CommandOption<String>(
        "dry-sequence-breaker", .text("TEXT", bytesMax: 256),
        "A text that ends a repetition, instead of the usual ones; may be repeated; none has no such text.")
    static let escapes = CommandOption<Bool>(
        "escape", also: ["-e"], negations: ["--no-escape"], .flag, "Whether \\n in such a text is a line break (it is)."
    )
    static let dynamicRange = CommandOption<Double>(
        "dynatemp-range", .number(in: 0...10), "Dynamic temperature; 0 is off.")
    static let dynamicExponent = CommandOption<Double>(
        "dynatemp-exp", .number(in: 0...100), "Its exponent (default 1).")
    static let mirostat = CommandOption<Int>("mirostat", .integer(in: 0...2), "Mirostat's version; 0 is off.")
    static let mirostatEta = CommandOption<Double>(
        "mirostat-lr", .number(in: 0...10), "Its learning rate (default 0.1).")
    static let mirostatTau = CommandOption<Double>(
        "mirostat-ent", .number(in: 0...100), "Its target entropy (default 5).")
    static let adaptiveTarget = CommandOption<Double>(
        "adaptive-target", .number(in: -1...1), "Adaptive-p: probability to choose near to; negative is off.")
    static let adaptiveDecay = CommandOption<Double>(
        "adaptive-decay", .number(in: 0...0.99), "How slowly its target follows (default 0.9).")
    static let logitBias = CommandOption<LogitBias>(
        "logit-bias", also: ["-l"], .logitBias, "Adds to the score of a token: 15043+1, 15043-1; may be repeated.")

    static let samplingOptions = [
        temperature.declared, topK.declared, topP.declared, minP.declared, typicalP.declared, topNSigma.declared,
        xtcProbability.declared, xtcThreshold.declared, penaltyLastN.declared, repetitionPenalty.declared,
        presencePenalty.declared, frequencyPenalty.declared, dryMultiplier.declared, dryBase.declared,
        dryAllowedLength.declared, dryPenaltyLastN.declared, dryBreaker.declared, escapes.declared,
        dynamicRange.declared, dynamicExponent.declared, mirostat.declared, mirostatEta.declared,
        mirostatTau.declared, adaptiveTarget.declared, adaptiveDecay.declared, logitBias.declared, seed.declared,
        samplers.declared, samplerLetters.declared,
    ].map { $0.listed(under: "Sampling where a request says nothing") }

    /// The breakers that were named; `none` forgets those before it, as in llama-server.
    static func breakers(_ parsed: ParsedCommand) -> [String]? {
        let given = parsed.all(dryBreaker)
        guard !given.isEmpty else { return nil }
        let named = given.lastIndex(of: "none").map { given[($0 + 1)...] } ?? given[...]
        return parsed.given(escapes) == false ? Array(named) : named.map(unescaped)
    }

    /// `\n`, `\r`, `\t`, `\'`, `\"` and `\\` as the characters that they stand for; other backslashes stay.
    static func unescaped(_ text: String) -> String {
        let meanings: [Character: Character] = ["n": "\n", "r": "\r", "t": "\t", "'": "'", "\"": "\"", "\\": "\\"]
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, let meaning = meanings[next] {
                rest.removeFirst()
                result.append(meaning)
            } else {
                result.append(character)
            }
        }
        return result
    }
}
