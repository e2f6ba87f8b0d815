/// Why no token can be chosen.
public enum SamplingError: Error, Sendable, Equatable {
    /// A logit of a token that may be chosen is NaN or plus infinity: the model's computation went wrong.
    case notFinite
    /// Every token is masked, banned, or at minus infinity.
    case nothingAllowed
    /// A parameter, by llama-server's name, has no meaning (not finite, or out of its range).
    case badParameter(String)
}
