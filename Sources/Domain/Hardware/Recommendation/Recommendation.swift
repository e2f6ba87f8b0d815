public import Hosting

/// What is wanted of a model.
public struct Wish: Sendable, Equatable {
    /// What counts where several models fit.
    public enum Order: String, Sendable, CaseIterable {
        /// Ability, as far as it is quick enough.
        case balanced
        /// Ability.
        case quality
        case speed
        /// The least memory.
        case memory
    }

    public var use: UseCase
    /// `nil` is what the use takes.
    public var contextTokens: Int?
    /// Sequences at once.
    public var parallel: Int
    public var order: Order
    /// Whether models are told that are not here.
    public var includesDownloads: Bool
    /// Whether models are told that do not fit.
    public var includesUnfit: Bool

    public init(
        use: UseCase, contextTokens: Int? = nil, parallel: Int = 1, order: Order = .balanced,
        includesDownloads: Bool = true, includesUnfit: Bool = true
    ) {
        self.use = use
        self.contextTokens = contextTokens
        self.parallel = parallel
        self.order = order
        self.includesDownloads = includesDownloads
        self.includesUnfit = includesUnfit
    }

    public static let contextRange = 128...10_000_000
    public static let parallelRange = 1...256
}

/// The memory that models can have.
public struct Room: Sendable, Equatable {
    public var bytes: UInt64
    /// "of memory", "on NVIDIA H200".
    public var place: String
    /// llama.cpp's device, with which memory is predicted; `nil` is ordinary memory.
    public var device: String?
    /// What the driver calls that device.
    public var accelerator: String?
    public var freeDiskBytes: UInt64?

    public init(
        bytes: UInt64, place: String = "of memory", device: String? = nil, accelerator: String? = nil,
        freeDiskBytes: UInt64? = nil
    ) {
        self.bytes = bytes
        self.place = place
        self.device = device
        self.accelerator = accelerator
        self.freeDiskBytes = freeDiskBytes
    }
}

/// One model for a wish, with its reasons.
public struct Recommendation: Sendable, Equatable {
    public var name: String
    public var origin: Offer.Origin
    public var quantization: String
    public var contextTokens: Int
    public var cacheType: KVCacheType
    public var fits: Bool
    public var needBytes: UInt64
    public var generation: SpeedPrediction?
    public var prompt: SpeedPrediction?
    /// By which models are ordered; larger is better. Says nothing beyond this list.
    public var score: Double
    public var reasons: [Reason]
    /// For one that does not fit.
    public var alternatives: [Alternative]

    /// What `nexus models download` is given; `nil` for one that is here.
    public var downloadName: String? {
        if case .hub(let repository) = origin { "\(repository):\(quantization)" } else { nil }
    }
}
