/// Mirostat: keeps the surprise of the text near a target (Basu et al. 2020, arXiv 2007.14966).
///
/// Source: `llama_sampler_mirostat_apply` and `llama_sampler_mirostat_v2_apply` of llama.cpp. Differs from them in: only
/// tokens with finite logits count when the first version estimates how steeply probabilities fall.
struct MirostatState: Sendable {
    /// Tokens from which the first version estimates.
    static let estimatedFrom = 100

    let parameters: MirostatParameters
    /// The surprise, in bits, up to which tokens are kept.
    private(set) var surpriseMax: Float

    init(_ parameters: MirostatParameters) {
        self.parameters = parameters
        surpriseMax = 2 * parameters.tau
    }

    mutating func observe(_ probability: Float) {
        let error = -Exponential.binaryLogarithm(probability) - parameters.tau
        surpriseMax -= parameters.eta * error
    }

    /// How many tokens the first version keeps.
    ///
    /// - Parameters:
    ///   - top: the likeliest tokens with their probabilities, sorted.
    ///   - vocabularyCount: how many tokens there are.
    /// - Returns: at least 1, at most all.
    func kept(_ top: Candidates, vocabularyCount: Int) -> Int {
        var products = Float(0)
        var squares = Float(0)
        for index in 0..<max(0, min(Self.estimatedFrom, top.count) - 1) {
            let t = Exponential.logarithm(Float(index + 2) / Float(index + 1))
            let b = Exponential.logarithm(top.items[index].probability / top.items[index + 1].probability)
            products += t * b
            squares += t * t
        }
        let steepness = products / squares
        let epsilon = steepness - 1
        let scale = 1 - Exponential.power(Float(vocabularyCount), -epsilon)
        let wanted = Exponential.power(epsilon * Exponential.power(2, surpriseMax) / scale, 1 / steepness)
        // With two likely tokens and a flat rest the estimate exceeds every integer; what is no number keeps one.
        guard wanted > 1 else { return 1 }
        return wanted < Float(vocabularyCount) ? Int(wanted) : vocabularyCount
    }
}
