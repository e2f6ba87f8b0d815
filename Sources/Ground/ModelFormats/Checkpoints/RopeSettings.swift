import JSONText

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How positions turn into angles, from `rope_theta` and `rope_scaling`, or from `rope_parameters` of newer files.
struct RopeSettings {
    /// The base of the frequencies.
    let theta: Double
    let scaling: Scaling

    enum Scaling {
        case none
        case linear(factor: Double)
        case yarn(factor: Double, originalContext: Int, more: [(key: String, value: Double)])
        case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, originalContext: Int)
    }

    static let none = RopeSettings(theta: 10_000, scaling: .none)

    private init(theta: Double, scaling: Scaling) {
        self.theta = theta
        self.scaling = scaling
    }

    init(_ root: JSONField, contextLength: Int) throws(JSONFieldError) {
        let settings = try root.optional(firstOf: ["rope_parameters", "rope_scaling"])
        let inner = try settings?.optional("rope_theta")
        let outer = try root.optional("rope_theta")
        theta = try (inner ?? outer)?.number(in: 1e-6...1e15) ?? 10_000
        guard let settings, let type = try settings.optional(firstOf: ["rope_type", "type"]) else {
            scaling = .none
            return
        }
        func factor() throws(JSONFieldError) -> Double { try settings.required("factor").number(in: 1e-6...1e6) }
        func original() throws(JSONFieldError) -> Int {
            try settings.optional("original_max_position_embeddings")?.integer(in: 1...(1 << 30)) ?? contextLength
        }
        switch try type.string() {
        case "default": scaling = .none
        case "linear": scaling = .linear(factor: try factor())
        case "yarn":
            var more: [(key: String, value: Double)] = []
            let keys = [
                ("yarn_ext_factor", ["extrapolation_factor"]),
                ("yarn_attn_factor", ["attention_factor", "attn_factor"]),
                ("yarn_beta_fast", ["beta_fast"]), ("yarn_beta_slow", ["beta_slow"]),
            ]
            for (key, names) in keys {
                if let field = try settings.optional(firstOf: names) {
                    more.append((key, try field.number(in: -1e6...1e6)))
                }
            }
            scaling = .yarn(factor: try factor(), originalContext: try original(), more: more)
        case "llama3":
            let low = try settings.optional("low_freq_factor")?.number(in: 1e-6...1e6) ?? 1
            let high = try settings.optional("high_freq_factor")?.number(in: 1e-6...1e6) ?? 4
            guard low < high else { throw settings.fail("low_freq_factor must be less than high_freq_factor") }
            scaling = .llama3(
                factor: try factor(), lowFrequency: low, highFrequency: high, originalContext: try original())
        default: throw type.fail("is \(type.value.text); supported are default, linear, yarn and llama3")
        }
    }

    /// By what each frequency of a head is divided; `nil` when none is.
    ///
    /// Source: `_compute_llama3_parameters` of transformers: waves longer than the old context are stretched by the factor,
    /// short ones are not, and those between go over smoothly.
    func frequencyFactors(headSize: Int) -> [Float]? {
        guard case .llama3(let factor, let low, let high, let original) = scaling else { return nil }
        return (0..<headSize / 2).map { pair in
            let frequency = pow(theta, -Double(2 * pair) / Double(headSize))
            let length = 2 * Double.pi / frequency
            if length < Double(original) / high { return 1 }
            if length > Double(original) / low { return Float(factor) }
            let smooth = (Double(original) / length - low) / (high - low)
            return Float(1 / ((1 - smooth) / factor + smooth))
        }
    }
}
