/// One step of a chain, its parameters in llama.cpp's single precision.
enum SamplerStep: Sendable, Equatable {
    case bias([TokenBias])
    case penalties(PenaltyParameters)
    case dry(DryParameters)
    case topNSigma(Float)
    case topK(Int)
    case typical(Float)
    case topP(Float)
    case minP(Float)
    case xtc(probability: Float, threshold: Float)
    case temperature(Float)
    case dynamicTemperature(Float, range: Float, exponent: Float)
    case infill
}

struct TokenBias: Sendable, Equatable {
    var token: Int32
    var bias: Float
}

struct PenaltyParameters: Sendable, Equatable {
    /// How many of the last tokens are counted.
    var lastN: Int
    var repetition: Float
    var frequency: Float
    var presence: Float

    @inline(__always)
    func applied(to logit: Float, count: Int32) -> Float {
        let scaled = logit <= 0 ? logit * repetition : logit / repetition
        return scaled - (Float(count) * frequency + presence)
    }
}

/// How the token is taken from the candidates that are left.
enum SamplerEnding: Sendable, Equatable {
    /// By probability.
    case draw
    /// Near a target probability; negative means by probability.
    case adaptive(target: Float, decay: Float)
    case mirostat(MirostatParameters)
}

struct MirostatParameters: Sendable, Equatable {
    /// 1 or 2.
    var version: Int
    /// The surprise aimed at, in bits.
    var tau: Float
    /// The learning rate.
    var eta: Float
}
