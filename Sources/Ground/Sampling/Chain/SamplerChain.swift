import Vocabulary

/// The steps that really do something, in their order: `SamplingParameters` once checked.
///
/// Source: `common_sampler_init` of llama.cpp's `common/sampling.cpp`. Differs from it in: -1 tokens to look back mean
/// the whole sequence; steps that cannot change which token is the best are left out before temperature 0.
struct SamplerChain: Sendable, Equatable {
    var steps: [SamplerStep] = []
    var ending = SamplerEnding.draw
    /// The truncating samplers keep at least so many.
    var keepMin = 0

    var dry: DryParameters? {
        for case .dry(let parameters) in steps { return parameters }
        return nil
    }

    var penalties: PenaltyParameters? {
        for case .penalties(let parameters) in steps { return parameters }
        return nil
    }

    /// - Throws: `badParameter` for one that is not finite or has no meaning.
    init(_ given: SamplingParameters, banned: [Int32], vocabulary: SamplerVocabulary) throws(SamplingError) {
        let parameters = given.over(.standard)
        let reader = ParameterReader()
        keepMin = max(0, parameters.keepMin ?? 0)
        let biases = try Self.biases(parameters.logitBias ?? [], banned, vocabulary)
        if !biases.isEmpty { steps.append(.bias(biases)) }
        let mirostat = parameters.mirostat ?? 0
        guard (0...2).contains(mirostat) else { throw .badParameter("mirostat") }
        if mirostat > 0 {
            let temperature = try reader.float(parameters.temperature, "temperature")
            if temperature != 1 { steps.append(.temperature(temperature)) }
            ending = .mirostat(
                MirostatParameters(
                    version: mirostat, tau: try reader.float(parameters.mirostatTau, "mirostat_tau"),
                    eta: try reader.float(parameters.mirostatEta, "mirostat_eta")))
            return
        }
        for kind in parameters.order ?? SamplerKind.standardOrder {
            if let step = try reader.step(kind, parameters) { steps.append(step) }
            if kind == .adaptiveP {
                ending = .adaptive(
                    target: try reader.float(parameters.adaptiveTarget, "adaptive_target"),
                    decay: min(max(try reader.float(parameters.adaptiveDecay, "adaptive_decay"), 0), 0.99))
            }
        }
        dropWhatCannotMatter()
    }

    private static func biases(
        _ given: [LogitBias], _ banned: [Int32], _ vocabulary: SamplerVocabulary
    ) throws(SamplingError) -> [TokenBias] {
        var result: [TokenBias] = []
        for entry in given {
            guard !entry.bias.isNaN, entry.bias < .infinity else { throw .badParameter("logit_bias") }
            let tokens =
                switch entry.target {
                case .token(let token): [token]
                case .text(let text): vocabulary.tokenize(Array(text.utf8))
                }
            result += tokens.map { TokenBias(token: $0, bias: Float(entry.bias)) }
        }
        return result + banned.map { TokenBias(token: $0, bias: -.infinity) }
    }

    /// Temperature 0 takes the best. What only takes others away before it is work for nothing.
    private mutating func dropWhatCannotMatter() {
        let greedy = steps.firstIndex {
            if case .temperature(let temperature) = $0 { temperature <= 0 } else { false }
        }
        guard let greedy else { return }
        // Some take the best itself away, by what the others left to them; then all stay.
        let keepsBest = steps[..<greedy].allSatisfy {
            switch $0 {
            case .typical, .xtc, .infill: false
            default: true
            }
        }
        guard keepsBest else { return }
        let before = steps[..<greedy].filter {
            switch $0 {
            case .topNSigma, .topK, .topP, .minP, .temperature, .dynamicTemperature: false
            default: true
            }
        }
        steps = before + steps[greedy...]
    }
}

/// Reads parameters that `over(.standard)` has filled.
struct ParameterReader: Sendable {
    func float(_ value: Double?, _ name: String) throws(SamplingError) -> Float {
        guard let value, Float(value).isFinite else { throw .badParameter(name) }
        return Float(value)
    }

    /// A number of tokens to look back.
    private func window(_ value: Int?) -> Int {
        let value = value ?? 0
        return value < 0 ? .max : value
    }

    /// The step of this kind; nil when its parameters turn it off.
    func step(_ kind: SamplerKind, _ parameters: SamplingParameters) throws(SamplingError) -> SamplerStep? {
        switch kind {
        case .penalties: return try penalties(parameters)
        case .dry: return try dry(parameters)
        case .topNSigma:
            let number = try float(parameters.topNSigma, "top_n_sigma")
            return number > 0 ? .topNSigma(number) : nil
        case .topK:
            let wanted = parameters.topK ?? 0
            return wanted > 0 ? .topK(wanted) : nil
        case .typicalP:
            let share = try float(parameters.typicalP, "typical_p")
            return share < 1 ? .typical(share) : nil
        case .topP:
            let share = try float(parameters.topP, "top_p")
            return share < 1 ? .topP(share) : nil
        case .minP:
            let share = try float(parameters.minP, "min_p")
            return share > 0 ? .minP(share) : nil
        case .xtc:
            let probability = try float(parameters.xtcProbability, "xtc_probability")
            let threshold = try float(parameters.xtcThreshold, "xtc_threshold")
            return probability > 0 && threshold <= 0.5 ? .xtc(probability: probability, threshold: threshold) : nil
        case .temperature: return try temperature(parameters)
        case .infill: return .infill
        case .adaptiveP: return nil
        }
    }

    private func temperature(_ parameters: SamplingParameters) throws(SamplingError) -> SamplerStep? {
        let temperature = try float(parameters.temperature, "temperature")
        let range = try float(parameters.dynamicTemperatureRange, "dynatemp_range")
        let exponent = try float(parameters.dynamicTemperatureExponent, "dynatemp_exponent")
        if range > 0 { return .dynamicTemperature(temperature, range: range, exponent: exponent) }
        return temperature == 1 ? nil : .temperature(temperature)
    }

    private func penalties(_ parameters: SamplingParameters) throws(SamplingError) -> SamplerStep? {
        let repetition = try float(parameters.repetitionPenalty, "repeat_penalty")
        guard repetition > 0, (1 / repetition).isFinite else { throw .badParameter("repeat_penalty") }
        let step = PenaltyParameters(
            lastN: window(parameters.penaltyLastN), repetition: repetition,
            frequency: try float(parameters.frequencyPenalty, "frequency_penalty"),
            presence: try float(parameters.presencePenalty, "presence_penalty"))
        let isOff = step.lastN == 0 || (repetition == 1 && step.frequency == 0 && step.presence == 0)
        return isOff ? nil : .penalties(step)
    }

    private func dry(_ parameters: SamplingParameters) throws(SamplingError) -> SamplerStep? {
        let step = DryParameters(
            multiplier: try float(parameters.dryMultiplier, "dry_multiplier"),
            base: try float(parameters.dryBase, "dry_base"), allowedLength: parameters.dryAllowedLength ?? 0,
            lastN: window(parameters.dryPenaltyLastN))
        return step.multiplier == 0 || step.base < 1 || step.lastN == 0 ? nil : .dry(step)
    }
}
