import Foundation

/// From what a model's head gives to probabilities. Pure.
enum LabelScores {
    /// - Parameter scores: of the labels of one text, finite.
    /// - Returns: probabilities that add up to 1 (softmax); for a single label the probability that it fits (sigmoid).
    static func probabilities(_ scores: [Float]) -> [Float] {
        guard scores.count > 1 else { return scores.map { Float(1 / (1 + exp(-Double($0)))) } }
        let largest = scores.max() ?? 0
        let powers = scores.map { exp(Double($0) - Double(largest)) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
    }
}
