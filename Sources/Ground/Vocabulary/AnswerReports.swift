/// What a request wants to be told beside its answer.
public struct ReportOptions: Sendable, Equatable {
    /// Each token as it is written: `GenerationEvent.token`.
    public var tokens = false
    /// What the answer was written with: `GenerationEnd.details`.
    public var details = false
    /// Probabilities as the samplers left them, instead of the model's own.
    public var afterSampling = false
    /// How likely the prompt's own tokens were; they are computed anew then, whatever is cached of them.
    public var promptTokens = false

    public init() {}
}

/// One written token, before the text that it brings.
public struct TokenReport: Sendable, Equatable {
    /// -1 where another server wrote it, which tells the times only.
    public var id: Int32
    /// What the generation has used so far.
    public var usage: TokenUsage
    /// Where its time went so far.
    public var timings: GenerationTimings
    /// The slot that it holds.
    public var slot: Int?

    public init(id: Int32, usage: TokenUsage, timings: GenerationTimings, slot: Int?) {
        self.id = id
        self.usage = usage
        self.timings = timings
        self.slot = slot
    }
}

/// What an answer was written with: the request with everything that the server added.
public struct GenerationDetails: Sendable, Equatable {
    /// The prompt's tokens as text, names of control tokens among them.
    public var prompt: String
    /// Tokens that prompt and answer share.
    public var contextTokens: Int
    /// With the server's defaults where the request said nothing.
    public var sampling: SamplingParameters
    /// Tokens of the answer at most, as it was asked for; `nil` is as many as fit.
    public var newTokensMax: Int?
    public var stop: [String]
    /// Tokens that are never chosen, because the answer shall not end by itself.
    public var bannedEnds: [Int32]
    public var constraint: OutputConstraint?
    public var reasoning: ReasoningOptions
    /// How the model writes tool calls and thinking.
    public var format: String

    public init(
        prompt: String, contextTokens: Int, sampling: SamplingParameters, newTokensMax: Int?, stop: [String],
        bannedEnds: [Int32], constraint: OutputConstraint?, reasoning: ReasoningOptions, format: String
    ) {
        self.prompt = prompt
        self.contextTokens = contextTokens
        self.sampling = sampling
        self.newTokensMax = newTokensMax
        self.stop = stop
        self.bannedEnds = bannedEnds
        self.constraint = constraint
        self.reasoning = reasoning
        self.format = format
    }
}

/// Bounds of an answer that look at its lines and at the clock: for completion in editors, which want a block of code soon.
///
/// Source: `n_indent`, `t_max_predict_ms` and `t_max_prompt_ms` of llama-server, where the last one is only named.
public struct LineLimits: Sendable, Equatable {
    /// After a line break the answer ends at the first line that begins with fewer blanks; 0 is no bound.
    public var indentation = 0
    /// After so long, counted from the first token, the answer ends with the line that it is in.
    public var writing: Duration?
    /// A prompt that takes longer ends without an answer.
    public var prompt: Duration?

    public init() {}

    public var isEmpty: Bool { self == LineLimits() }
}

/// How the prompt of a chat ends.
public enum ChatEnding: String, Sendable, CaseIterable {
    /// In the middle of the last message where that is the assistant's, else as `answer`.
    case automatic
    /// With what the template puts before an answer.
    case answer
    /// In the middle of the last message, which the answer goes on from.
    case lastMessage
    /// After the last message.
    case messages
}

/// A part of a prompt that is given partly as text and partly as tokens.
public enum MixedPiece: Sendable, Equatable {
    case text(String)
    case token(Int32)
}

/// A gap that the answer shall fill.
public struct InfillPrompt: Sendable, Equatable {
    /// Another file that helps to understand this one.
    public struct File: Sendable, Equatable {
        public var name: String
        public var text: String

        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// What stands before the gap and after it.
    public var prefix: [MixedPiece]
    public var suffix: [MixedPiece]
    /// The beginning of what is in the gap.
    public var middle: String
    public var files: [File]

    public init(prefix: [MixedPiece], suffix: [MixedPiece], middle: String = "", files: [File] = []) {
        self.prefix = prefix
        self.suffix = suffix
        self.middle = middle
        self.files = files
    }
}

/// What a model's file says of it, for those who list models.
public struct ModelFacts: Sendable, Equatable {
    /// llama.cpp's number of the kind of vocabulary.
    public var vocabularyType: Int
    public var vocabularyCount: Int
    public var trainedContextTokens: Int
    public var embeddingLength: Int
    public var parameterCount: Int
    /// Of all tensors.
    public var bytes: Int
    /// Number format of the weights, such as `Q8_0`.
    public var fileType: String

    public init(
        vocabularyType: Int, vocabularyCount: Int, trainedContextTokens: Int, embeddingLength: Int,
        parameterCount: Int, bytes: Int, fileType: String
    ) {
        self.vocabularyType = vocabularyType
        self.vocabularyCount = vocabularyCount
        self.trainedContextTokens = trainedContextTokens
        self.embeddingLength = embeddingLength
        self.parameterCount = parameterCount
        self.bytes = bytes
        self.fileType = fileType
    }
}
