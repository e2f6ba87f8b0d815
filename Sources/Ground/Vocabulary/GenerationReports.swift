/// How much of a prompt is in place.
public struct PromptProgress: Sendable, Equatable {
    /// Tokens of the prompt.
    public var total: Int
    /// Of them, from the cache.
    public var cached: Int
    /// Of them, in place, with those from the cache.
    public var processed: Int
    /// Since the request got its slot.
    public var elapsed: Duration

    public init(total: Int, cached: Int, processed: Int, elapsed: Duration) {
        self.total = total
        self.cached = cached
        self.processed = processed
        self.elapsed = elapsed
    }
}

/// What the prefix cache did for one prompt.
public struct CacheReport: Sendable, Equatable {
    /// Where the best cached prefix came from.
    public enum Tier: String, Sendable {
        case none, memory, ram, disk
    }

    public var cachedTokens: Int
    public var tier: Tier
    /// The first position where the prompt differs from the best cached one; `nil` when it was found whole or when
    /// nothing was cached.
    public var firstDifference: Int?
    /// The text around that position in this prompt, cut to a few words.
    public var differenceText: String?

    public init(cachedTokens: Int, tier: Tier, firstDifference: Int? = nil, differenceText: String? = nil) {
        self.cachedTokens = cachedTokens
        self.tier = tier
        self.firstDifference = firstDifference
        self.differenceText = differenceText
    }
}

/// How likely a written token was.
public struct TokenLogprob: Sendable, Equatable {
    public struct Alternative: Sendable, Equatable {
        public var token: Int32
        public var bytes: [UInt8]
        /// Natural logarithm of the probability.
        public var logprob: Double

        public init(token: Int32, bytes: [UInt8], logprob: Double) {
            self.token = token
            self.bytes = bytes
            self.logprob = logprob
        }
    }

    public var chosen: Alternative
    /// The likeliest, best first.
    public var top: [Alternative]
    /// Whether these are the probabilities that the samplers left, and not the model's own.
    public var isAfterSampling = false

    public init(chosen: Alternative, top: [Alternative]) {
        self.chosen = chosen
        self.top = top
    }
}

/// Something that went differently from what was asked for, with nothing lost.
public struct GenerationWarning: Sendable, Equatable {
    public enum Code: String, Sendable {
        /// What looked like a tool call could not be read; its text is in the answer.
        case toolCallUnreadable = "tool_call_unreadable"
        /// The answer was cut in the middle of a tool call; what there is of it is in the answer.
        case toolCallIncomplete = "tool_call_incomplete"
        /// The thinking was cut by the limit of tokens.
        case reasoningIncomplete = "reasoning_incomplete"
        /// The thinking reached its budget and was ended.
        case reasoningBudget = "reasoning_budget"
        /// The answer ended before its constraint was satisfied.
        case constraintIncomplete = "constraint_incomplete"
        /// A tool that only other servers can run was left out; the model was not told of it.
        case toolUnsupported = "tool_unsupported"
        /// Another model answers than the one that was asked for, because that one could not.
        case fallback
        /// The answer was written for a question that means the same, and not for this one.
        case similarAnswer = "similar_answer"
        /// A member of an ensemble failed and is left out, or has answered.
        case ensembleMember = "ensemble_member"
        /// No model answers: this is the demonstration that the server was told to give then.
        case demonstration
    }

    public var code: Code
    /// A sentence for people.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// What must be the same for a reproducible request to give the same tokens again.
public struct ReproductionReceipt: Sendable, Equatable {
    /// SHA-256 of the model file, or of its description where the file is too large to read whole; hexadecimal.
    public var model: String
    /// SHA-256 of the chat template; hexadecimal.
    public var template: String?
    public var seed: UInt32
    /// Versions of this program and of llama.cpp, and what the kernels were built for.
    public var build: String
    /// The LoRA adapters that it was computed with, in an order that depends on nothing else.
    public var adapters: [Adapter]

    public struct Adapter: Sendable, Equatable {
        /// SHA-256 of the adapter's file, or of its description where it is too large to read whole; hexadecimal.
        public var fingerprint: String
        public var scale: Float

        public init(fingerprint: String, scale: Float) {
            self.fingerprint = fingerprint
            self.scale = scale
        }
    }

    public init(model: String, template: String?, seed: UInt32, build: String, adapters: [Adapter] = []) {
        self.model = model
        self.template = template
        self.seed = seed
        self.build = build
        self.adapters = adapters
    }
}

/// One change that adaptive sampling made.
public struct SamplingAdaptation: Sendable, Equatable {
    /// The written token at which it happened; 0 is before the first.
    public var atToken: Int
    /// llama-server's name of the parameter.
    public var parameter: String
    public var before: Double
    public var after: Double
    /// `repetition`, `factual` or `open_ended`.
    public var reason: String

    public init(atToken: Int, parameter: String, before: Double, after: Double, reason: String) {
        self.atToken = atToken
        self.parameter = parameter
        self.before = before
        self.after = after
        self.reason = reason
    }
}
