/// What happens while an answer is written, in order: places in the queue and progress of the prompt (when they were
/// asked for), `started`, then reasoning, text and tool calls, then `finished`.
///
/// A stream that ends without `finished` threw a `ServiceError`.
public enum GenerationEvent: Sendable, Equatable {
    /// The model is not in memory yet; comes before everything else.
    case loading(LoadingStage)
    /// The place in the queue; 0 is next.
    case queued(position: Int)
    /// How much of the prompt is in place.
    indirect case promptProgress(PromptProgress)
    /// The prompt is in place and writing begins.
    indirect case started(GenerationStart)
    /// More of what the model thinks before it answers.
    case reasoning(String)
    /// More of the answer's text.
    case text(String)
    /// More of a tool call: the first piece of each index carries id and name.
    indirect case toolCall(ToolCallDelta)
    /// A token was written; only for requests that want to know.
    indirect case token(TokenReport)
    /// How likely the prompt's own tokens were, the first one aside; only for requests that want to know.
    case promptLogprobs([TokenLogprob])
    /// How likely the tokens were whose text the next event brings, or a later one.
    case logprobs([TokenLogprob])
    /// Something went differently from what was asked for; nothing is lost.
    case warning(GenerationWarning)
    /// The last event.
    indirect case finished(GenerationEnd)
}

public struct GenerationStart: Sendable, Equatable {
    public var model: ModelID
    /// Unknown when the answer comes from a server that tells only in the end.
    public var promptTokens: Int?
    /// The slot that it holds, where the engine is here.
    public var slot: Int?
    /// Of them, those that did not have to be computed again.
    public var cachedTokens: Int?

    public init(model: ModelID, promptTokens: Int?, cachedTokens: Int? = nil) {
        self.model = model
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
    }
}

public struct ToolCallDelta: Sendable, Equatable {
    public var index: Int
    public var id: String?
    public var name: String?
    public var arguments: String

    public init(index: Int, id: String? = nil, name: String? = nil, arguments: String = "") {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

public struct GenerationEnd: Sendable, Equatable {
    public var reason: FinishReason
    public var usage: TokenUsage
    public var timings: GenerationTimings?
    /// What the prefix cache did for this prompt.
    public var cache: CacheReport?
    /// The stop text that was met.
    public var stopText: String?
    /// For reproducible requests: what must be the same for the same tokens to come again.
    @Boxed(sharing: noReceipt) public var receipt: ReproductionReceipt?
    /// What adaptive sampling changed, in order.
    public var adaptations: [SamplingAdaptation] = []
    /// The context was too small: the answer ended before all tokens that it might have, or the beginning was dropped.
    public var isTruncated = false
    /// The slot that it held, where the engine is here.
    public var slot: Int?
    /// What it was written with; only for requests that want to know.
    @Boxed(sharing: noDetails) public var details: GenerationDetails?
    /// For an answer that was given before.
    public var reuse: AnswerReuse?
    /// Where several models answered: what each brought.
    @Boxed(sharing: noEnsemble) public var ensemble: EnsembleReport?

    private static let noReceipt = Boxed<ReproductionReceipt?>(wrappedValue: nil)
    private static let noDetails = Boxed<GenerationDetails?>(wrappedValue: nil)
    private static let noEnsemble = Boxed<EnsembleReport?>(wrappedValue: nil)

    public init(reason: FinishReason, usage: TokenUsage, timings: GenerationTimings? = nil) {
        self.reason = reason
        self.usage = usage
        self.timings = timings
    }
}

public enum FinishReason: String, Sendable {
    /// The model ended its answer, or a stop text was met.
    case stop
    /// The limit of new tokens or the end of the context was reached.
    case length
    case toolCalls = "tool_calls"
}

public struct TokenUsage: Sendable, Equatable {
    public var promptTokens: Int
    public var completionTokens: Int
    /// Prompt tokens that did not have to be computed again.
    public var cachedTokens: Int
    /// Completion tokens that were thinking.
    public var reasoningTokens: Int
    public var totalTokens: Int { promptTokens + completionTokens }

    public init(promptTokens: Int, completionTokens: Int, cachedTokens: Int = 0, reasoningTokens: Int = 0) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
        self.reasoningTokens = reasoningTokens
    }
}

/// Where the time of one generation went.
public struct GenerationTimings: Sendable, Equatable {
    public var queue: Duration
    public var prefill: Duration
    public var decode: Duration
    /// Of `prefill`, what was spent on turning images and recordings into vectors.
    public var mediaEncode: Duration
    /// Guessed tokens that were verified, and those of them that were right.
    public var draftTokens = 0
    public var acceptedDraftTokens = 0

    public init(queue: Duration, prefill: Duration, decode: Duration, mediaEncode: Duration = .zero) {
        self.queue = queue
        self.prefill = prefill
        self.decode = decode
        self.mediaEncode = mediaEncode
    }
}

/// Something that answers generation requests: the engine in this process, or a worker behind a socket.
public protocol Generating: Sendable {
    /// Starts an answer. Throws a `ServiceError` when the request is refused; the stream throws one when it fails later.
    ///
    /// The stream has one consumer. Dropping its iterator or cancelling the consuming task ends the generation.
    func generate(_ request: GenerationRequest) async throws -> any GenerationStream

    /// The models that can be asked for now.
    func models() async -> [ServedModel]
}

/// The events of an answer. It has one reader.
public protocol GenerationStream: AsyncSequence<GenerationEvent, any Error>, Sendable {
    /// Reads it: what is here already without waiting, where its iterator can tell.
    func makeReader() -> EventReader
}

extension GenerationStream {
    public func makeReader() -> EventReader { EventReader(waiting: makeAsyncIterator()) }
}

extension GenerationStream where AsyncIterator: ReadyIterator {
    public func makeReader() -> EventReader { EventReader(ready: makeAsyncIterator()) }
}

/// One model that is being served.
public struct ServedModel: Sendable, Equatable {
    public var id: ModelID
    /// Unix time in seconds.
    public var created: Int64
    /// Tokens that prompt and answer share.
    public var contextTokens: Int?
    /// A sentence for people, such as a warning that this is a toy.
    public var note: String?
    /// Further names that it answers to, and words that people find it by.
    public var aliases: [String] = []
    public var tags: [String] = []
    /// What its file says of it, where the engine is here.
    public var facts: ModelFacts?
    /// What it reads beside text.
    public var modalities: Modalities
    /// Whether it is in memory: `loaded`, `loading`, `unloaded` or `failed`; `nil` where it always is.
    public var state: String?
    /// Whether it gives vectors or scores of texts, and writes none.
    public var isEncoder = false

    public init(
        id: ModelID, created: Int64, contextTokens: Int? = nil, note: String? = nil,
        modalities: Modalities = Modalities()
    ) {
        self.id = id
        self.created = created
        self.contextTokens = contextTokens
        self.note = note
        self.modalities = modalities
    }

    /// llama-server's words for what it can be asked for, and `embedding` as Ollama has it.
    public var capabilities: [String] {
        [isEncoder ? "embedding" : "completion"] + (modalities.isTextOnly ? [] : ["multimodal"])
    }
}
