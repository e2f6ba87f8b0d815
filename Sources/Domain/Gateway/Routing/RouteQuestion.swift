public import Vocabulary

/// What is known of a request when it is decided who answers it.
public struct RouteQuestion: Sendable {
    /// The name in the request; empty for none.
    public var asked: String
    public var wish: RoutingWish
    public var prompt: Prompt
    public var caller: Caller
    /// What the caller's earlier requests had, too.
    public var affinity: UInt64?
    /// Whether the answer is text, and not vectors or ranks.
    public var needsText = true

    /// What matters of who asks.
    public struct Caller: Sendable, Equatable {
        /// The same for the same caller; empty for callers that nobody knows.
        public var key: String
        /// Lists of names that may be asked, where `*` stands for any characters: every list must have a name. None allows all.
        public var models: [[String]]

        public init(key: String = "", models: [[String]] = []) {
            self.key = key
            self.models = models
        }

        /// Whether a name is among those that may be asked.
        public func mayAsk(_ name: String) -> Bool {
            models.allSatisfy { list in list.contains { NamePattern.matches(name, $0) } }
        }
    }

    /// What matters of a prompt. The texts are looked at only where a rule needs it.
    public struct Prompt: Sendable {
        /// The last message, or the whole text.
        public var text: String
        public var hasImages: Bool
        public var hasAudio: Bool
        /// Everything but the words of `text`.
        public var features: Complexity.Features

        public init(
            text: String = "", hasImages: Bool = false, hasAudio: Bool = false,
            features: Complexity.Features = Complexity.Features()
        ) {
            self.text = text
            self.hasImages = hasImages
            self.hasAudio = hasAudio
            self.features = features
        }
    }

    public init(
        asked: String, wish: RoutingWish = RoutingWish(), prompt: Prompt = Prompt(), caller: Caller = Caller(),
        affinity: UInt64? = nil
    ) {
        self.asked = asked
        self.wish = wish
        self.prompt = prompt
        self.caller = caller
        self.affinity = affinity
    }
}

extension RouteQuestion.Prompt {
    /// Looks at a request's prompt: counts, and the last message's text.
    public init(_ request: GenerationRequest) {
        self.init()
        features.hasSchema = request.constraint != nil
        switch request.prompt {
        case .chat(let messages, let tools):
            features.messages = messages.count
            features.tools = tools.count
            let last = messages.lastIndex { $0.role == .user }
            for (place, message) in messages.enumerated() where place != last {
                features.wordsBefore += message.content.reduce(0) { $0 + $1.textBytes } / 6
            }
            if let last { text = messages[last].text }
            look(at: messages.lazy.flatMap(\.content))
        case .text(let whole): text = whole
        case .parts(let parts):
            text = parts.text
            look(at: parts)
        // Code before and after a gap: there is no question in it.
        case .infill: features.marks = 12
        case .tokens(let tokens): features.wordsBefore = tokens.count
        case .pieces(let pieces): features.wordsBefore = pieces.count
        }
    }

    private mutating func look(at parts: some Sequence<ContentPart>) {
        for part in parts {
            guard case .media(let media) = part else { continue }
            features.hasMedia = true
            switch media.kind {
            case .image: hasImages = true
            case .audio: hasAudio = true
            }
        }
    }
}

extension ContentPart {
    fileprivate var textBytes: Int { if case .text(let text) = self { text.utf8.count } else { 0 } }
}

/// What is known of a deployment when it is decided who answers.
public struct TargetStanding: Sendable, Equatable {
    /// The deployment's own name, whatever it was asked by.
    public var name: String
    /// It writes text.
    public var writes: Bool
    /// Whether it reads images; `nil` before anybody knows.
    public var readsImages: Bool?
    /// Why it cannot be asked now, however long it takes: a person stopped it.
    public var isStopped: Bool
    /// In memory, with a server that answers.
    public var isReady: Bool
    /// How long the circuit breaker keeps requests away; `nil` when it does not.
    public var resting: Duration?
    public var inFlight: Int
    public var parallel: Int
    /// Seconds until the first token.
    public var latency: Double?

    public init(
        name: String, writes: Bool = true, readsImages: Bool? = nil, isStopped: Bool = false, isReady: Bool = true,
        resting: Duration? = nil, inFlight: Int = 0, parallel: Int = 1, latency: Double? = nil
    ) {
        self.name = name
        self.writes = writes
        self.readsImages = readsImages
        self.isStopped = isStopped
        self.isReady = isReady
        self.resting = resting
        self.inFlight = inFlight
        self.parallel = parallel
        self.latency = latency
    }
}
