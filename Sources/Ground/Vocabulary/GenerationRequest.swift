public import JSONText

/// What a client asks a model to write. Well-formed, but not yet checked against a model.
public struct GenerationRequest: Sendable, Equatable {
    /// Where the tokens come from that the model continues.
    public enum Prompt: Sendable, Equatable {
        /// Rendered with the model's chat template.
        case chat([ChatMessage], tools: [ToolDefinition])
        /// Continued as it is.
        case text(String)
        case tokens([Int32])
    }

    public var id: RequestID
    public var model: ModelID
    public var prompt: Prompt
    /// How many tokens to write at most; `nil` means as many as fit the context.
    public var newTokensMax: Int?
    public var sampling: SamplingParameters
    /// The answer ends before the first of these texts.
    public var stop: [String]
    /// Additional variables for the chat template.
    public var templateVariables: JSONObject

    public init(
        id: RequestID, model: ModelID, prompt: Prompt, newTokensMax: Int? = nil,
        sampling: SamplingParameters = SamplingParameters(), stop: [String] = [],
        templateVariables: JSONObject = JSONObject()
    ) {
        self.id = id
        self.model = model
        self.prompt = prompt
        self.newTokensMax = newTokensMax
        self.sampling = sampling
        self.stop = stop
        self.templateVariables = templateVariables
    }
}

/// How the next token is chosen, as far as somebody said: a client, or the configuration of a model.
public struct SamplingParameters: Sendable, Equatable {
    /// 0 always takes the likeliest token.
    public var temperature: Double?
    /// Keeps the likeliest tokens whose probabilities add up to this; 1 keeps all.
    public var topP: Double?
    /// Keeps that many tokens; 0 keeps all.
    public var topK: Int?
    /// Drops tokens less likely than this share of the likeliest; 0 drops none.
    public var minP: Double?
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
        SamplingParameters(
            temperature: temperature ?? defaults.temperature, topP: topP ?? defaults.topP,
            topK: topK ?? defaults.topK, minP: minP ?? defaults.minP, seed: seed ?? defaults.seed)
    }

    /// What applies when nobody says anything: llama-server's defaults.
    public static let standard = SamplingParameters(temperature: 0.8, topP: 0.95, topK: 40, minP: 0.05)
}
