public import JSONText

/// What a client asks a model to write. Well-formed, but not yet checked against a model.
///
/// By one reference, because each layer hands it on and most only read it. What it holds are ``Fields``.
public struct GenerationRequest: Sendable, Equatable {
    /// Where the tokens come from that the model continues.
    public enum Prompt: Sendable, Equatable {
        /// Rendered with the model's chat template.
        case chat([ChatMessage], tools: [ToolDefinition])
        /// Continued as it is.
        case text(String)
        case tokens([Int32])
        /// Text and tokens in turn; begin and end tokens are added where a text comes first.
        case pieces([MixedPiece])
        /// With the vocabulary's tokens for what is before a gap and after it.
        case infill(InfillPrompt)
        /// Continued as it is, with images and recordings between the texts.
        case parts([ContentPart])
    }

    @usableFromInline var box: Boxed<Fields>

    @inlinable public init(_ fields: Fields) { box = Boxed(wrappedValue: fields) }

    public init(
        id: RequestID, model: ModelID, prompt: Prompt, newTokensMax: Int? = nil,
        sampling: SamplingParameters = SamplingParameters(), stop: [String] = [],
        templateVariables: JSONObject = JSONObject()
    ) {
        self.init(
            Fields(
                id: id, model: model, prompt: prompt, newTokensMax: newTokensMax, sampling: sampling, stop: stop,
                templateVariables: templateVariables))
    }

    /// Changes several fields at once: a request whose fields are changed one by one is copied for each of them.
    @inlinable public mutating func change<Failure: Error>(
        _ body: (inout Fields) throws(Failure) -> Void
    ) throws(Failure) {
        var fields = box.wrappedValue
        try body(&fields)
        box = Boxed(wrappedValue: consume fields)
    }
}

/// What an answer must look like, token by token.
public enum OutputConstraint: Sendable, Equatable {
    /// A grammar in GBNF, whose start is the rule `root`.
    case grammar(String)
    /// JSON that a JSON Schema accepts.
    case jsonSchema(JSONValue)
    /// Any JSON object.
    case jsonObject
    /// A regular expression that the whole answer matches.
    case regularExpression(String)
}

/// Bounds of an answer in what people count. Limits that hold by constraining tokens, not by cutting text.
public struct LengthLimits: Sendable, Equatable {
    public var charactersMin: Int?
    public var charactersMax: Int?
    public var wordsMin: Int?
    public var wordsMax: Int?

    public init(charactersMin: Int? = nil, charactersMax: Int? = nil, wordsMin: Int? = nil, wordsMax: Int? = nil) {
        self.charactersMin = charactersMin
        self.charactersMax = charactersMax
        self.wordsMin = wordsMin
        self.wordsMax = wordsMax
    }

    public var isEmpty: Bool {
        charactersMin == nil && charactersMax == nil && wordsMin == nil && wordsMax == nil
    }
}

public enum ToolChoice: Sendable, Equatable {
    /// The model decides.
    case auto
    case none
    /// At least one call.
    case required
    /// This function.
    case function(String)
}

/// How a model's thinking is asked for and shown.
public struct ReasoningOptions: Sendable, Equatable {
    public enum Format: String, Sendable, CaseIterable {
        /// Thinking is taken out of the text and told apart as `reasoning_content`.
        case auto
        /// The same, by llama-server's older name.
        case deepseek
        /// Thinking stays in the text with its tags.
        case none
    }

    /// `nil` leaves it to the server.
    public var format: Format?
    /// Whether to think at all; `nil` leaves it to the model.
    public var isEnabled: Bool?
    /// Tokens of thinking at most, after which the thinking is ended; `nil` has no limit.
    public var tokensMax: Int?
    /// The last words of thinking that has reached `tokensMax`; `nil` leaves it to the server.
    public var budgetMessage: String?
    /// `low`, `medium`, `high` or what the model's template knows.
    public var effort: String?

    public init(
        format: Format? = nil, isEnabled: Bool? = nil, tokensMax: Int? = nil, budgetMessage: String? = nil,
        effort: String? = nil
    ) {
        self.format = format
        self.isEnabled = isEnabled
        self.tokensMax = tokensMax
        self.budgetMessage = budgetMessage
        self.effort = effort
    }
}

/// Who asks, and how urgent it is. The worker believes what it is told: whoever stands in front of it has checked.
public struct SchedulingOptions: Sendable, Equatable {
    /// Weights that queues tell apart.
    public static let weights = 0.001...1_000.0
    /// What a tenant may be given. Less would starve it, more would leave nothing to others.
    public static let tenantWeights = 0.1...100.0

    public var tenant: TenantID
    public var priority: Priority
    /// The tenant's share relative to others; more than 0.
    public var weight: Double
    /// The answer must be whole after this time; whoever is late gets the error `timeout`.
    public var deadline: Duration?
    /// Whether to tell the place in the queue and how much of the prompt is computed.
    public var reportsProgress: Bool
    /// The slot to run in, from 0; `nil` is any. Whoever asks for one waits until it is free.
    public var slot: Int?
    /// How long the model stays in memory after this request; `nil` leaves it to its deployment.
    public var keepAlive: KeepAlive?
    /// Whether the answer may begin with what it waits for while the model is loaded, because it is read as a stream.
    public var reportsLoading = false
    /// Who is to answer, and how soon. For the platform only; workers are not told.
    public var routing = RoutingWish()

    public init(
        tenant: TenantID = .none, priority: Priority = .normal, weight: Double = 1, deadline: Duration? = nil,
        reportsProgress: Bool = false
    ) {
        self.tenant = tenant
        self.priority = priority
        self.weight = weight
        self.deadline = deadline
        self.reportsProgress = reportsProgress
    }
}

/// How far an engine that guesses tokens ahead may go for one request. Answers do not depend on it.
public struct SpeculationLimits: Sendable, Equatable {
    /// Tokens guessed at once at most; 0 guesses none, `nil` leaves it to the engine.
    public var tokensMax: Int?
    /// Guesses of fewer tokens are not verified.
    public var tokensMin: Int?
    /// A draft model goes on guessing while its best token is at least this likely, 0 to 1.
    public var probabilityMin: Double?

    public init(tokensMax: Int? = nil, tokensMin: Int? = nil, probabilityMin: Double? = nil) {
        self.tokensMax = tokensMax
        self.tokensMin = tokensMin
        self.probabilityMin = probabilityMin
    }
}

/// How much of a long sequence is to stay in the key-value cache.
public enum CompressionWish: Sendable, Equatable {
    /// All of it.
    case off
    /// As much as the server says.
    case on
    /// So many positions.
    case budget(Int)
}

/// How urgent a request is, least first.
public enum Priority: String, Sendable, CaseIterable, Comparable {
    case low, normal, high, critical

    public static func < (left: Priority, right: Priority) -> Bool { left.rank < right.rank }
    /// 0 for `low` to 3 for `critical`.
    public var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What a request may take from the prefix cache, and leave there.
public struct CacheOptions: Sendable, Equatable {
    public enum Scope: String, Sendable, CaseIterable {
        /// Only requests of the same tenant see what this one leaves.
        case tenant
        /// Everyone does: for prefixes that the operator owns.
        case shared
    }

    public var isUsed: Bool
    public var scope: Scope
    /// What it may take from the cache of whole answers, and leave there.
    public var answers = AnswerWish()

    public init(isUsed: Bool = true, scope: Scope = .tenant) {
        self.isUsed = isUsed
        self.scope = scope
    }
}
