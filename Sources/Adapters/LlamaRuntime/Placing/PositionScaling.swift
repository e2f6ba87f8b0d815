import CLlama

/// How the positions of tokens are turned (RoPE) where the model's file is not to be believed, for contexts longer than
/// the model was trained for. `nil` is what the file says.
///
/// Source: YaRN, Peng et al. 2023; `llama_context_params` of llama.h.
public struct PositionScaling: Sendable, Equatable {
    public enum Method: String, Sendable, CaseIterable {
        case none, linear, yarn

        var value: llama_rope_scaling_type {
            switch self {
            case .none: LLAMA_ROPE_SCALING_TYPE_NONE
            case .linear: LLAMA_ROPE_SCALING_TYPE_LINEAR
            case .yarn: LLAMA_ROPE_SCALING_TYPE_YARN
            }
        }
    }

    public var method: Method?
    public var frequencyBase: Float?
    /// What positions are multiplied with: 0.25 is for four times the context.
    public var frequencyScale: Float?
    /// YaRN: tokens that the model was trained for before it was stretched.
    public var originalTokens: Int?
    /// YaRN: 0 is interpolation only.
    public var extrapolation: Float?
    /// YaRN: what attention is multiplied with.
    public var attentionFactor: Float?
    public var betaSlow: Float?
    public var betaFast: Float?

    public init() {}

    /// How many times longer a context becomes; 1 where positions are not stretched.
    public var stretch: Double {
        guard method != Method.none, let frequencyScale, frequencyScale > 0, frequencyScale < 1 else { return 1 }
        return 1 / Double(frequencyScale)
    }

    func apply(to parameters: inout llama_context_params) {
        if let method { unsafe parameters.rope_scaling_type = method.value }
        if let frequencyBase { unsafe parameters.rope_freq_base = frequencyBase }
        if let frequencyScale { unsafe parameters.rope_freq_scale = frequencyScale }
        if let originalTokens { unsafe parameters.yarn_orig_ctx = UInt32(clamping: originalTokens) }
        if let extrapolation { unsafe parameters.yarn_ext_factor = extrapolation }
        if let attentionFactor { unsafe parameters.yarn_attn_factor = attentionFactor }
        if let betaSlow { unsafe parameters.yarn_beta_slow = betaSlow }
        if let betaFast { unsafe parameters.yarn_beta_fast = betaFast }
    }
}
