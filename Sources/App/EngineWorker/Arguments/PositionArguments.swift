import Configuration
import LlamaRuntime

extension PositionScaling {
    /// What a command line says of positions.
    init(_ parsed: ParsedCommand) throws(UsageError) {
        self.init()
        method = parsed[EngineOption.ropeScaling]
        frequencyBase = parsed[EngineOption.ropeBase].map { Float($0) }
        let scale = parsed[EngineOption.ropeScale]
        let frequencyScale = parsed[EngineOption.ropeFrequencyScale]
        guard scale == nil || frequencyScale == nil else {
            throw UsageError(
                problem: "--rope-scale and --rope-freq-scale say the same in two ways.", hint: "Leave one out.")
        }
        self.frequencyScale = scale.map { Float(1 / $0) } ?? frequencyScale.map { Float($0) }
        originalTokens = parsed[EngineOption.yarnOriginal].flatMap { $0 == 0 ? nil : $0 }
        // Negative numbers are llama.cpp's "as the model says".
        func given(_ option: CommandOption<Double>) -> Float? { parsed[option].flatMap { $0 < 0 ? nil : Float($0) } }
        extrapolation = given(EngineOption.yarnExtrapolation)
        attentionFactor = given(EngineOption.yarnAttention)
        betaSlow = given(EngineOption.yarnBetaSlow)
        betaFast = given(EngineOption.yarnBetaFast)
    }
}

extension EngineOption {
    static let ropeScaling = CommandOption<PositionScaling.Method>(
        "rope-scaling", also: [], variable: "LLAMA_ARG_ROPE_SCALING_TYPE", .choice,
        "How positions are stretched for a longer context (default: the model's).")
    static let ropeScale = CommandOption<Double>(
        "rope-scale", also: [], variable: "LLAMA_ARG_ROPE_SCALE", .number(in: 0.001...1_000),
        "How many times longer the context becomes.")
    static let ropeBase = CommandOption<Double>(
        "rope-freq-base", also: [], variable: "LLAMA_ARG_ROPE_FREQ_BASE", .number(in: 0...1e12),
        "Base frequency of positions; 0 is the model's.")
    static let ropeFrequencyScale = CommandOption<Double>(
        "rope-freq-scale", also: [], variable: "LLAMA_ARG_ROPE_FREQ_SCALE", .number(in: 0...1_000),
        "What positions are multiplied with; 0 is the model's.")
    static let yarnOriginal = CommandOption<Int>(
        "yarn-orig-ctx", also: [], variable: "LLAMA_ARG_YARN_ORIG_CTX", .integer(in: 0...100_000_000),
        "YaRN: tokens of context that the model was trained for; 0 is the model's.")
    static let yarnExtrapolation = CommandOption<Double>(
        "yarn-ext-factor", also: [], variable: "LLAMA_ARG_YARN_EXT_FACTOR", .number(in: -1...1),
        "YaRN: share of extrapolation; 0 is interpolation only, -1 the model's.")
    static let yarnAttention = CommandOption<Double>(
        "yarn-attn-factor", also: [], variable: "LLAMA_ARG_YARN_ATTN_FACTOR", .number(in: -1...1_000),
        "YaRN: what attention is multiplied with; -1 is the model's.")
    static let yarnBetaSlow = CommandOption<Double>(
        "yarn-beta-slow", also: [], variable: "LLAMA_ARG_YARN_BETA_SLOW", .number(in: -1...100_000),
        "YaRN: turns below which a dimension is interpolated; -1 is the model's.")
    static let yarnBetaFast = CommandOption<Double>(
        "yarn-beta-fast", also: [], variable: "LLAMA_ARG_YARN_BETA_FAST", .number(in: -1...100_000),
        "YaRN: turns above which a dimension is left as it is; -1 is the model's.")

    static let positionOptions = [
        ropeScaling.declared, ropeScale.declared, ropeBase.declared, ropeFrequencyScale.declared,
        yarnOriginal.declared, yarnExtrapolation.declared, yarnAttention.declared, yarnBetaSlow.declared,
        yarnBetaFast.declared,
    ].map { $0.listed(under: "Positions") }
}
