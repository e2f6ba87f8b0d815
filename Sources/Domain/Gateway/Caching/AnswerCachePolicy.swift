public import Vocabulary

/// Which answers may stand for others, as the operator says.
public struct AnswerCachePolicy: Sendable, Equatable {
    public var isOn = true
    /// Also answers that chance has a part in, without being asked.
    public var cachesSampled = false
    /// Also answers that may call tools, without being asked.
    public var cachesTools = false
    public var timeToLive = Duration.seconds(3_600)
    /// Larger answers are not kept.
    public var answerBytesMax = 1 << 20
    /// The same request, sent again while it is being answered, waits for that answer.
    public var sharesRunning = true
    public var similarity = SimilarityPolicy()

    public init() {}

    /// Why a request goes past the cache: a stable word.
    public enum Bypass: String, Sendable, CaseIterable {
        /// The operator or the client switched it off.
        case off
        /// Another try might give another answer, and nobody asked for the one that there is.
        case sampled
        /// It may call tools.
        case tools
        /// An image or a recording is behind a link, where something else may be next time.
        case links
        /// It asks what happens in the engine, or when.
        case reports
        /// The clock has a part in the answer.
        case clock
        /// It asks for no answer.
        case promptOnly = "prompt_only"
        /// Nobody knows who would answer.
        case unknown
    }

    /// What a request may do with the cache.
    public struct Plan: Sendable, Equatable {
        /// It takes an answer that is there.
        public var isReading: Bool
        /// Chance has a part in it: choices of one request must differ.
        public var isSampled: Bool
        /// An answer to a question that means the same will do.
        public var takesSimilar: Bool
        public var timeToLive: Duration

        public init(isReading: Bool, isSampled: Bool, takesSimilar: Bool, timeToLive: Duration) {
            self.isReading = isReading
            self.isSampled = isSampled
            self.takesSimilar = takesSimilar
            self.timeToLive = timeToLive
        }
    }

    public enum Verdict: Sendable, Equatable {
        case bypass(Bypass)
        case cached(Plan)
    }

    /// - Parameters:
    ///   - request: what is asked.
    ///   - wish: what the client says of it.
    /// - Returns: what is to be done.
    public func verdict(on request: GenerationRequest, _ wish: AnswerWish) -> Verdict {
        guard isOn, wish.use != .off else { return .bypass(.off) }
        guard request.newTokensMax != 0 else { return .bypass(.promptOnly) }
        guard !request.reports.tokens, !request.reports.details else { return .bypass(.reports) }
        guard request.lineLimits.writing == nil, request.lineLimits.prompt == nil else { return .bypass(.clock) }
        guard !request.prompt.hasLinks else { return .bypass(.links) }
        let isAsked = wish.use == .use || wish.use == .refresh || wish.takesSimilar == true
        if request.usesTools, !cachesTools, !isAsked { return .bypass(.tools) }
        let isSampled = !request.isDetermined
        if isSampled, !cachesSampled, !isAsked { return .bypass(.sampled) }
        return .cached(
            Plan(
                isReading: wish.use != .refresh, isSampled: isSampled,
                takesSimilar: similarity.permits(request, wish),
                timeToLive: min(wish.timeToLive ?? timeToLive, timeToLive)))
    }

    /// Warnings that are about the answer itself, and come with it whoever asks again. Others tell who gave it, and why.
    private static let ownWarnings: Set<GenerationWarning.Code> = [
        .toolCallUnreadable, .toolCallIncomplete, .reasoningIncomplete, .reasoningBudget, .constraintIncomplete,
        .toolUnsupported,
    ]

    /// Whether an answer that was given may be kept: not one that broke off.
    ///
    /// One that ended for its length is kept only if it has all the tokens that were asked for; else the context was full,
    /// or the memory was, which depends on who else was there.
    public static func keeps(_ end: GenerationEnd, of request: GenerationRequest, warnings: [GenerationWarning]) -> Bool
    {
        guard !end.isTruncated, warnings.allSatisfy({ ownWarnings.contains($0.code) }) else { return false }
        switch end.reason {
        case .stop, .toolCalls: return true
        case .length: return request.newTokensMax.map { end.usage.completionTokens >= $0 } ?? false
        }
    }
}

/// When an answer to a question that means the same will do.
public struct SimilarityPolicy: Sendable, Equatable {
    /// What of a conversation is compared by its meaning.
    public enum History: String, Sendable, CaseIterable {
        /// The last message; everything before it must be the same.
        case equal
        /// All that users and the model said; only the system prompt must be the same.
        case embedded
    }

    public var isOn = false
    /// Which model makes the vectors.
    public var model = ModelID("embed")
    /// Cosine from which two questions mean the same, where nothing was calibrated; 0 to 1.
    public var threshold = 0.85
    /// Requests with a higher temperature want to be surprised.
    public var temperatureMax = 0.3
    public var history = History.equal
    /// Questions kept in memory.
    public var questionsMax = 20_000

    public init() {}

    func permits(_ request: GenerationRequest, _ wish: AnswerWish) -> Bool {
        guard isOn, wish.takesSimilar != false, request.topLogprobs == nil, !request.reports.promptTokens,
            !request.isReproducible, case .chat(let messages, _) = request.prompt,
            let last = messages.last, last.role == .user, !last.text.isEmpty,
            !messages.contains(where: \.hasMedia)
        else { return false }
        if wish.takesSimilar == true { return true }
        guard !request.usesTools else { return false }
        return (request.sampling.temperature ?? SamplingParameters.standard.temperature ?? 1) <= temperatureMax
    }
}

extension GenerationRequest {
    /// Whether another try gives the same answer: there is no chance in it, or its seed is fixed.
    var isDetermined: Bool {
        if sampling.seed != nil { return true }
        return !adaptsSampling && (sampling.temperature == 0 || sampling.topK == 1)
    }

    /// Whether tools may be called, or were.
    var usesTools: Bool {
        guard case .chat(let messages, let tools) = prompt else { return false }
        return !tools.isEmpty || messages.contains { $0.role == .tool || !$0.toolCalls.isEmpty }
    }
}

extension GenerationRequest.Prompt {
    fileprivate var hasLinks: Bool {
        func isLink(_ part: MediaPart) -> Bool { if case .url = part.source { true } else { false } }
        return switch self {
        case .chat(let messages, _): messages.contains { $0.media.contains(where: isLink) }
        case .parts(let parts): parts.media.contains(where: isLink)
        case .text, .tokens, .pieces, .infill: false
        }
    }
}
