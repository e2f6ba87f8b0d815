/// How the next token is chosen, as far as somebody said: a client, or the configuration of a model.
///
/// Names and meanings are llama-server's. Every member is optional; `over` fills in defaults.
public struct SamplingParameters: Sendable, Equatable {
    /// 0 always takes the likeliest token.
    public var temperature: Double?
    /// Dynamic temperature: the temperature moves within ± this with the entropy of the candidates; 0 is off.
    public var dynamicTemperatureRange: Double?
    /// Shape of the way from entropy to temperature.
    public var dynamicTemperatureExponent: Double?
    /// Keeps that many tokens; 0 keeps all.
    public var topK: Int?
    /// Keeps the likeliest tokens whose probabilities add up to this; 1 keeps all.
    public var topP: Double?
    /// Drops tokens less likely than this share of the likeliest; 0 drops none.
    public var minP: Double?
    /// Locally typical sampling; 1 is off.
    public var typicalP: Double?
    /// Keeps tokens whose logits lie within that many standard deviations of the best; negative is off.
    public var topNSigma: Double?
    /// Chance of taking out the likeliest tokens (XTC); 0 is off.
    public var xtcProbability: Double?
    /// Tokens at least this likely may be taken out by XTC; above 0.5 is off.
    public var xtcThreshold: Double?
    /// "Don't repeat yourself" penalty; 0 is off.
    public var dryMultiplier: Double?
    public var dryBase: Double?
    /// Repetitions longer than this are penalised.
    public var dryAllowedLength: Int?
    /// How many tokens DRY looks back; 0 is off, -1 is the whole context.
    public var dryPenaltyLastN: Int?
    /// Texts that end a repeated sequence.
    public var drySequenceBreakers: [String]?
    /// How many tokens the three penalties look back; 0 is off, -1 is the whole context.
    public var penaltyLastN: Int?
    /// Divides (or multiplies, when negative) the logits of tokens seen before; 1 is off.
    public var repetitionPenalty: Double?
    /// Subtracted once from the logits of tokens seen before.
    public var presencePenalty: Double?
    /// Subtracted from the logits of tokens seen before, once for each time.
    public var frequencyPenalty: Double?
    /// 0 is off, 1 and 2 are the two versions of Mirostat, which replace the truncating samplers.
    public var mirostat: Int?
    /// Target entropy in bits.
    public var mirostatTau: Double?
    /// Learning rate.
    public var mirostatEta: Double?
    /// Adaptive-p: probability near which tokens are chosen; negative is off.
    public var adaptiveTarget: Double?
    /// Adaptive-p: how slowly the target follows what was chosen, 0 to 0.99.
    public var adaptiveDecay: Double?
    /// Additions to single logits.
    public var logitBias: [LogitBias]?
    /// Tokens that truncating samplers keep at least; 0 is the sampler's own least.
    public var keepMin: Int?
    /// Which samplers, in which order.
    public var order: [SamplerKind]?
    /// Fixes chance; without it each answer gets a fresh seed.
    public var seed: UInt32?

    public init(
        temperature: Double? = nil, topP: Double? = nil, topK: Int? = nil, minP: Double? = nil, seed: UInt32? = nil
    ) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.minP = minP
        self.seed = seed
    }

    /// These parameters, with `defaults` where nothing was said.
    public func over(_ defaults: SamplingParameters) -> SamplingParameters {
        var result = self
        func fill<Value>(_ member: WritableKeyPath<SamplingParameters, Value?>) {
            if result[keyPath: member] == nil { result[keyPath: member] = defaults[keyPath: member] }
        }
        fill(\.temperature)
        fill(\.dynamicTemperatureRange)
        fill(\.dynamicTemperatureExponent)
        fill(\.topK)
        fill(\.topP)
        fill(\.minP)
        fill(\.typicalP)
        fill(\.topNSigma)
        fill(\.xtcProbability)
        fill(\.xtcThreshold)
        fill(\.dryMultiplier)
        fill(\.dryBase)
        fill(\.dryAllowedLength)
        fill(\.dryPenaltyLastN)
        fill(\.drySequenceBreakers)
        fill(\.penaltyLastN)
        fill(\.repetitionPenalty)
        fill(\.presencePenalty)
        fill(\.frequencyPenalty)
        fill(\.mirostat)
        fill(\.mirostatTau)
        fill(\.mirostatEta)
        fill(\.adaptiveTarget)
        fill(\.adaptiveDecay)
        fill(\.logitBias)
        fill(\.keepMin)
        fill(\.order)
        fill(\.seed)
        return result
    }

    /// What applies when nobody says anything: llama-server's defaults.
    public static let standard: SamplingParameters = {
        var all = SamplingParameters(temperature: 0.8, topP: 0.95, topK: 40, minP: 0.05)
        all.dynamicTemperatureRange = 0
        all.dynamicTemperatureExponent = 1
        all.typicalP = 1
        all.topNSigma = -1
        all.xtcProbability = 0
        all.xtcThreshold = 0.1
        all.dryMultiplier = 0
        all.dryBase = 1.75
        all.dryAllowedLength = 2
        all.dryPenaltyLastN = -1
        all.drySequenceBreakers = ["\n", ":", "\"", "*"]
        all.penaltyLastN = 64
        all.repetitionPenalty = 1
        all.presencePenalty = 0
        all.frequencyPenalty = 0
        all.mirostat = 0
        all.mirostatTau = 5
        all.mirostatEta = 0.1
        all.adaptiveTarget = -1
        all.adaptiveDecay = 0.9
        all.logitBias = []
        all.keepMin = 0
        all.order = SamplerKind.standardOrder
        return all
    }()
}

/// An addition to the logits of one token, or of every token of a text.
public struct LogitBias: Sendable, Equatable {
    public enum Target: Sendable, Equatable {
        case token(Int32)
        /// Each token of this text.
        case text(String)
    }

    public var target: Target
    /// Added to the logit; minus infinity bans the token.
    public var bias: Double

    public init(_ target: Target, bias: Double) {
        self.target = target
        self.bias = bias
    }
}

/// One step of choosing a token, by llama-server's names.
public enum SamplerKind: String, Sendable, CaseIterable {
    case penalties
    case dry
    case topNSigma = "top_n_sigma"
    case topK = "top_k"
    case typicalP = "typ_p"
    case topP = "top_p"
    case minP = "min_p"
    case xtc
    case temperature
    case infill
    case adaptiveP = "adaptive_p"

    /// llama-server's order where nobody says another.
    public static let standardOrder: [SamplerKind] = [
        .penalties, .dry, .topNSigma, .topK, .typicalP, .topP, .minP, .xtc, .temperature,
    ]
}
