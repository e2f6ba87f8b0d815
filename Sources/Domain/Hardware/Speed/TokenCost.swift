public import Hosting

/// What computing one token costs a model, apart from the machine that does it.
public struct TokenCost: Sendable, Equatable {
    /// Bytes of weights that are read for each generated token: all that take part, once.
    public var weightBytes: Double
    /// Weights that a token is multiplied with; two operations each.
    public var weights: Double
    public var layers: Double
    /// Bytes of keys and values that are read for each position that came before.
    public var cacheBytes: Double
    /// Operations of attention for each position that came before.
    public var attentionOperations: Double

    public init(
        weightBytes: Double, weights: Double, layers: Double, cacheBytes: Double = 0, attentionOperations: Double = 0
    ) {
        self.weightBytes = weightBytes
        self.weights = weights
        self.layers = layers
        self.cacheBytes = cacheBytes
        self.attentionOperations = attentionOperations
    }

    /// Of a model file.
    ///
    /// The table of token embeddings is not read for generating, but for one row, unless it is the output matrix, too.
    ///
    /// - Parameters:
    ///   - shape: of the model.
    ///   - expertShare: of its experts, how many a token visits; 1 for models without experts.
    ///   - keyType: how keys are stored.
    ///   - valueType: how values are stored.
    public init(
        _ shape: ModelShape, expertShare: Double = 1, keyType: KVCacheType = .f16, valueType: KVCacheType = .f16
    ) {
        let read = shape.layers.reduce(0.0) { sum, layer in
            sum + Double(layer.weightBytes) - Double(layer.expertBytes) * (1 - expertShare)
        }
        let head = Double(shape.ends.isTied ? shape.ends.inputBytes : shape.ends.outputBytes)
        let all = Double(shape.weightBytes)
        weightBytes = read + head
        weights = all > 0 ? Double(shape.parameterCount) * weightBytes / all : 0
        layers = Double(shape.layers.count)
        cacheBytes = 0
        attentionOperations = 0
        for layer in shape.layers {
            switch layer.recall {
            case .all, .allAndState:
                cacheBytes += Double(keyType.bytes(ofRow: layer.keyWidth) + valueType.bytes(ofRow: layer.valueWidth))
                attentionOperations += 4 * Double(layer.queryWidth)
            case .nothing, .window, .state: break
            }
        }
    }

    /// Bytes that are read to generate one token after `depth` others.
    public func bytes(atDepth depth: Double) -> Double { weightBytes + depth * cacheBytes }

    /// Operations for one token after `depth` others.
    public func operations(atDepth depth: Double) -> Double { 2 * weights + depth * attentionOperations }
}

/// A run of a model on this machine.
public struct SpeedMeasurement: Sendable, Equatable {
    /// Name of the model, for people.
    public var model: String
    public var cost: TokenCost
    public var promptTokens: Int
    /// Tokens of the prompt in a second.
    public var promptSpeed: Double
    public var generatedTokens: Int
    /// Generated tokens in a second.
    public var generationSpeed: Double
    public var threads: Int
    /// What computed: the engine's build, and where ("CPU", "CUDA0"). Runs of one kind are compared only.
    public var engine: String

    public init(
        model: String, cost: TokenCost, promptTokens: Int, promptSpeed: Double, generatedTokens: Int,
        generationSpeed: Double, threads: Int, engine: String
    ) {
        self.model = model
        self.cost = cost
        self.promptTokens = promptTokens
        self.promptSpeed = promptSpeed
        self.generatedTokens = generatedTokens
        self.generationSpeed = generationSpeed
        self.threads = threads
        self.engine = engine
    }

    /// Whether its numbers can be: positive, finite, of at least one token.
    public var isSound: Bool {
        [promptSpeed, generationSpeed, cost.weightBytes, cost.weights].allSatisfy { $0.isFinite && $0 > 0 }
            && [cost.layers, cost.cacheBytes, cost.attentionOperations].allSatisfy { $0.isFinite && $0 >= 0 }
            && promptTokens > 0 && generatedTokens > 0 && threads > 0
    }

    /// Positions before a generated token, on average.
    var generationDepth: Double { Double(promptTokens) + Double(generatedTokens) / 2 }
    /// Positions before a token of the prompt, on average.
    var promptDepth: Double { Double(promptTokens) / 2 }
}

/// What a machine could do at most, known before any model ran.
public struct SpeedProbe: Sendable, Equatable {
    public enum Source: String, Sendable, CaseIterable {
        /// A short look at this machine.
        case look
        /// What an accelerator's maker publishes.
        case dataSheet = "data_sheet"
    }

    /// Bytes read from memory in a second, by all threads together.
    public var bytesPerSecond: Double
    /// Operations on 32-bit numbers in a second, by all threads together; a multiplication and an addition are two. `nil`
    /// where only memory is known.
    public var operationsPerSecond: Double?
    public var source: Source

    public init(bytesPerSecond: Double, operationsPerSecond: Double?, source: Source = .look) {
        self.bytesPerSecond = bytesPerSecond
        self.operationsPerSecond = operationsPerSecond
        self.source = source
    }

    /// What is published of an accelerator; `nil` for one that is not listed.
    public static func published(of name: String) -> SpeedProbe? {
        PublishedBandwidth.of(name).map {
            SpeedProbe(bytesPerSecond: $0, operationsPerSecond: nil, source: .dataSheet)
        }
    }

    /// Whether its numbers can be.
    var isSound: Bool {
        [bytesPerSecond, operationsPerSecond ?? 1].allSatisfy { $0.isFinite && $0 > 0 }
    }

    var basis: SpeedModel.Basis {
        switch source {
        case .look: .probe
        case .dataSheet: .dataSheet
        }
    }
}
