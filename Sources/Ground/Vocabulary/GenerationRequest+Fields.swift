public import JSONText

extension GenerationRequest {
    /// What a request holds.
    public struct Fields: Sendable, Equatable {
        public var id: RequestID
        public var model: ModelID
        public var prompt: Prompt
        /// How many tokens to write at most; 0 computes the prompt only, `nil` means as many as fit the context.
        public var newTokensMax: Int?
        @Boxed public var sampling: SamplingParameters
        /// The answer ends before the first of these texts.
        public var stop: [String]
        /// The model's own end of an answer is never chosen.
        public var ignoresEnd = false
        /// Additional variables for the chat template.
        public var templateVariables: JSONObject
        /// What the answer must look like.
        public var constraint: OutputConstraint?
        /// How far the answer may go in characters and words.
        @Boxed public var lengthLimits: LengthLimits
        /// Whether and which tools must be called.
        public var toolChoice = ToolChoice.auto
        /// Whether one answer may call several tools; `nil` leaves it to the model's family.
        public var allowsParallelToolCalls: Bool?
        @Boxed public var reasoning: ReasoningOptions
        /// How many likely tokens to report for each one that is written; 0 reports the chosen one only, `nil` none.
        public var topLogprobs: Int?
        /// Repetition raises penalties; factual prompts lower the temperature, open-ended ones raise it.
        public var adaptsSampling = false
        /// The same request and seed give the same tokens whatever runs beside it.
        public var isReproducible = false
        /// What goes first when the context is full, where the server goes on then.
        public var shift = ContextShift()
        /// The LoRA adapters to write with; those that are not named are left out. `nil` takes the server's scales.
        public var adapters: [AdapterScale]?
        @Boxed public var scheduling: SchedulingOptions
        @Boxed public var cache: CacheOptions
        @Boxed public var speculation: SpeculationLimits
        /// How much of a long sequence stays in memory, where the server lets some of it go; `nil` leaves it to the server.
        public var compression: CompressionWish?
        /// How a chat's prompt ends.
        public var ending = ChatEnding.automatic
        @Boxed public var lineLimits: LineLimits
        public var reports = ReportOptions()

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
            _lengthLimits = Self.usual.lengthLimits
            _reasoning = Self.usual.reasoning
            _scheduling = Self.usual.scheduling
            _cache = Self.usual.cache
            _speculation = Self.usual.speculation
            _lineLimits = Self.usual.lineLimits
        }

        /// What requests have that say nothing: one box for all of them.
        private static let usual = (
            lengthLimits: Boxed(wrappedValue: LengthLimits()), reasoning: Boxed(wrappedValue: ReasoningOptions()),
            scheduling: Boxed(wrappedValue: SchedulingOptions()), cache: Boxed(wrappedValue: CacheOptions()),
            speculation: Boxed(wrappedValue: SpeculationLimits()), lineLimits: Boxed(wrappedValue: LineLimits())
        )
    }
}

/// The fields of a request, read and changed through its reference.
extension GenerationRequest {
    @inlinable public var id: RequestID {
        get { box.storage.value.id }
        set { change { $0.id = newValue } }
    }

    @inlinable public var model: ModelID {
        get { box.storage.value.model }
        set { change { $0.model = newValue } }
    }

    @inlinable public var prompt: Prompt {
        get { box.storage.value.prompt }
        set { change { $0.prompt = newValue } }
    }

    @inlinable public var newTokensMax: Int? {
        get { box.storage.value.newTokensMax }
        set { change { $0.newTokensMax = newValue } }
    }

    @inlinable public var sampling: SamplingParameters {
        get { box.storage.value.sampling }
        set { change { $0.sampling = newValue } }
    }

    @inlinable public var stop: [String] {
        get { box.storage.value.stop }
        set { change { $0.stop = newValue } }
    }

    @inlinable public var ignoresEnd: Bool {
        get { box.storage.value.ignoresEnd }
        set { change { $0.ignoresEnd = newValue } }
    }

    @inlinable public var templateVariables: JSONObject {
        get { box.storage.value.templateVariables }
        set { change { $0.templateVariables = newValue } }
    }

    @inlinable public var constraint: OutputConstraint? {
        get { box.storage.value.constraint }
        set { change { $0.constraint = newValue } }
    }

    @inlinable public var lengthLimits: LengthLimits {
        get { box.storage.value.lengthLimits }
        set { change { $0.lengthLimits = newValue } }
    }

    @inlinable public var toolChoice: ToolChoice {
        get { box.storage.value.toolChoice }
        set { change { $0.toolChoice = newValue } }
    }

    @inlinable public var allowsParallelToolCalls: Bool? {
        get { box.storage.value.allowsParallelToolCalls }
        set { change { $0.allowsParallelToolCalls = newValue } }
    }

    @inlinable public var reasoning: ReasoningOptions {
        get { box.storage.value.reasoning }
        set { change { $0.reasoning = newValue } }
    }

    @inlinable public var topLogprobs: Int? {
        get { box.storage.value.topLogprobs }
        set { change { $0.topLogprobs = newValue } }
    }

    @inlinable public var adaptsSampling: Bool {
        get { box.storage.value.adaptsSampling }
        set { change { $0.adaptsSampling = newValue } }
    }

    @inlinable public var isReproducible: Bool {
        get { box.storage.value.isReproducible }
        set { change { $0.isReproducible = newValue } }
    }

    @inlinable public var shift: ContextShift {
        get { box.storage.value.shift }
        set { change { $0.shift = newValue } }
    }

    @inlinable public var adapters: [AdapterScale]? {
        get { box.storage.value.adapters }
        set { change { $0.adapters = newValue } }
    }

    @inlinable public var scheduling: SchedulingOptions {
        get { box.storage.value.scheduling }
        set { change { $0.scheduling = newValue } }
    }

    @inlinable public var cache: CacheOptions {
        get { box.storage.value.cache }
        set { change { $0.cache = newValue } }
    }

    @inlinable public var speculation: SpeculationLimits {
        get { box.storage.value.speculation }
        set { change { $0.speculation = newValue } }
    }

    @inlinable public var compression: CompressionWish? {
        get { box.storage.value.compression }
        set { change { $0.compression = newValue } }
    }

    @inlinable public var ending: ChatEnding {
        get { box.storage.value.ending }
        set { change { $0.ending = newValue } }
    }

    @inlinable public var lineLimits: LineLimits {
        get { box.storage.value.lineLimits }
        set { change { $0.lineLimits = newValue } }
    }

    @inlinable public var reports: ReportOptions {
        get { box.storage.value.reports }
        set { change { $0.reports = newValue } }
    }
}
