import Foundation
import Vocabulary

extension EmbeddingNorm {
    /// A vector with this length; one of nothing but zeros stays as it is.
    ///
    /// - Parameters:
    ///   - vector: finite numbers.
    ///   - dimensions: how many of them to keep, the first ones.
    /// - Returns: the same direction as what was kept.
    func applied(to vector: [Float], keeping dimensions: Int) -> [Float] {
        applied(to: dimensions < vector.count ? Array(vector.prefix(dimensions)) : vector)
    }

    /// A vector with this length; one of nothing but zeros stays as it is.
    ///
    /// - Parameter vector: finite numbers.
    /// - Returns: the same direction.
    func applied(to vector: [Float]) -> [Float] {
        let length: Double =
            switch self {
            case .asGiven: 1
            case .largest: vector.reduce(0) { max($0, abs(Double($1))) } / 32_760
            case .power(1): vector.reduce(0) { $0 + abs(Double($1)) }
            case .power(2): vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            case .power(let exponent): Self.norm(vector, Double(exponent))
            }
        guard length > 0, length != 1 else { return vector }
        return vector.map { Float(Double($0) / length) }
    }

    /// With the largest number taken out, so that high powers do not overflow.
    private static func norm(_ vector: [Float], _ exponent: Double) -> Double {
        let largest = vector.reduce(0) { max($0, abs(Double($1))) }
        guard largest > 0 else { return 0 }
        return largest * pow(vector.reduce(0) { $0 + pow(abs(Double($1)) / largest, exponent) }, 1 / exponent)
    }
}
