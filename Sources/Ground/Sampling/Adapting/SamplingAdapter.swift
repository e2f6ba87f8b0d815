public import Vocabulary

/// Fits sampling to a prompt and to what is being written, for requests that ask for it.
///
/// Before the first token: a lower temperature for prompts that have one right answer, a higher one for open-ended ones.
/// While writing: penalties that rise step by step while the text repeats itself, and fall again when it does not.
/// Pure: the same prompt, parameters and tokens give the same changes. Every change is reported.
///
///     var adapter = SamplingAdapter(prompt: question, requested: request.sampling, defaults: model.sampling)
///     var sampler = try TokenSampler(adapter.parameters, …)
///     …
///     let changes = adapter.observe(token)
///     if !changes.isEmpty { try sampler.update(adapter.parameters) }
public struct SamplingAdapter: Sendable {
    /// What a factual prompt makes of the temperature, and the least that it leaves.
    static let factual = (factor: 0.5, temperatureMin: 0.1)
    /// What an open-ended prompt makes of the temperature, and the most that it comes to.
    static let openEnded = (factor: 1.25, temperatureMax: 1.2)
    /// Steps of the penalties.
    static let levelMax = 4
    /// Added to the repetition penalty with each step.
    static let repetitionStep = 0.05
    /// Added to DRY's multiplier with each step.
    static let dryStep = 0.3
    /// Tokens from one step up to the next, so that each one can work.
    static let tokensUp = 16
    /// Tokens without repetition from one step down to the next.
    static let tokensDown = 64

    /// How to choose from now on.
    public private(set) var parameters: SamplingParameters
    public let nature: PromptNature
    /// What was changed before the first token.
    public private(set) var first: [SamplingAdaptation] = []

    private let base: SamplingParameters
    private var detector = RepetitionDetector()
    private var level = 0
    private var written = 0
    private var lastChange = 0
    private var lastRepetition = 0

    /// - Parameters:
    ///   - prompt: what the user wrote last.
    ///   - requested: what the request says; temperature 0 stays 0.
    ///   - defaults: of the model, where the request says nothing.
    public init(prompt: String, requested: SamplingParameters, defaults: SamplingParameters = .standard) {
        nature = PromptNature(of: prompt)
        var parameters = requested.over(defaults).over(.standard)
        let before = parameters.temperature ?? 0
        var after = before
        switch nature {
        case .factual: after = max(before * Self.factual.factor, min(before, Self.factual.temperatureMin))
        case .openEnded: after = min(before * Self.openEnded.factor, max(before, Self.openEnded.temperatureMax))
        case .neutral: break
        }
        if before > 0, after != before {
            parameters.temperature = after
            first = [
                SamplingAdaptation(
                    atToken: 0, parameter: "temperature", before: before, after: after, reason: nature.rawValue)
            ]
        }
        base = parameters
        self.parameters = parameters
    }

    /// Takes a written token.
    ///
    /// - Parameter token: the next one of the answer.
    /// - Returns: what has changed; then `parameters` are new.
    public mutating func observe(_ token: Int32) -> [SamplingAdaptation] {
        written += 1
        if detector.observe(token) {
            lastRepetition = written
            guard level < Self.levelMax, level == 0 || written - lastChange >= Self.tokensUp else { return [] }
            return change(to: level + 1)
        }
        let quiet = written - max(lastChange, lastRepetition)
        return level > 0 && quiet >= Self.tokensDown ? change(to: level - 1) : []
    }

    private mutating func change(to level: Int) -> [SamplingAdaptation] {
        self.level = level
        lastChange = written
        var changes: [SamplingAdaptation] = []
        func set(_ member: WritableKeyPath<SamplingParameters, Double?>, _ name: String, _ step: Double) {
            let before = parameters[keyPath: member] ?? 0
            let after = (base[keyPath: member] ?? 0) + Double(level) * step
            guard after != before else { return }
            parameters[keyPath: member] = after
            changes.append(
                SamplingAdaptation(
                    atToken: written, parameter: name, before: before, after: after, reason: "repetition"))
        }
        // What the chain does not use is left alone, and not reported.
        let order = base.mirostat ?? 0 > 0 ? [] : base.order ?? []
        if order.contains(.penalties), base.penaltyLastN != 0 {
            set(\.repetitionPenalty, "repeat_penalty", Self.repetitionStep)
        }
        if order.contains(.dry), base.dryPenaltyLastN != 0 { set(\.dryMultiplier, "dry_multiplier", Self.dryStep) }
        return changes
    }
}
