public import Vocabulary

/// The adapters that one request is computed with.
///
/// Rows of one step all have the same: llama.cpp's adapters belong to a context, not to a sequence.
public struct AdapterSet: Sendable, Hashable {
    /// By ascending id, each once, none with scale 0: what computes the same is equal.
    public let scales: [AdapterScale]

    /// The model by itself.
    public static let none = AdapterSet([])

    /// - Parameter scales: where an id comes twice, its last scale counts, as in llama-server.
    public init(_ scales: some Sequence<AdapterScale>) {
        let last = Dictionary(scales.map { ($0.id, $0.scale) }, uniquingKeysWith: { _, last in last })
        self.scales = last.filter { $0.value != 0 }.sorted { $0.key < $1.key }
            .map { AdapterScale(id: $0.key, scale: $0.value) }
    }

    public var isEmpty: Bool { scales.isEmpty }
}

/// An adapter's file that was checked, and how it comes into memory.
public struct AdapterCandidate: Sendable {
    /// As it will be listed.
    public var path: String
    public var scale: Float
    public var taskName: String
    public var promptPrefix: String
    public var rank: Int
    /// Tells its content from every other adapter's; at most `fingerprintBytesMax` bytes. What the prefix cache holds is
    /// kept apart by it, also over a restart.
    public var fingerprint: String
    /// Brings it into memory under an id. Called once at most, on the engine's thread, between two steps.
    public var load: @Sendable (_ id: Int) throws -> Void
    /// Takes it out of memory, when no context computes with it any more. Called on the engine's thread.
    public var unload: @Sendable (_ id: Int) -> Void

    /// A SHA-256 in hexadecimal digits.
    public static let fingerprintBytesMax = 64

    public init(
        path: String, scale: Float, taskName: String = "", promptPrefix: String = "", rank: Int, fingerprint: String,
        load: @escaping @Sendable (_ id: Int) throws -> Void, unload: @escaping @Sendable (_ id: Int) -> Void
    ) {
        precondition(fingerprint.utf8.count <= Self.fingerprintBytesMax, "the caller digests what is longer")
        self.path = path
        self.scale = scale
        self.taskName = taskName
        self.promptPrefix = promptPrefix
        self.rank = rank
        self.fingerprint = fingerprint
        self.load = load
        self.unload = unload
    }
}

/// Where adapters come from that a client asks for.
public protocol AdapterSource: Sendable {
    /// Finds and checks a file. On the caller's task.
    ///
    /// - Parameters:
    ///   - path: as the client named it.
    ///   - scale: for requests that name no adapters.
    /// - Returns: what the engine needs to load it.
    /// - Throws: `ServiceError` when clients may load nothing, or not this.
    func candidate(_ path: String, scale: Float) async throws(ServiceError) -> AdapterCandidate
}

/// The adapters of an engine, and how many there may be.
public struct AdapterOptions: Sendable {
    /// Loaded at the start, in this order; their places are their ids.
    public var initial: [AdapterCandidate]
    /// Adapters that are loaded at once; one more is refused.
    public var countMax: Int
    /// `nil` where clients may load none.
    public var source: (any AdapterSource)?

    public init(initial: [AdapterCandidate] = [], countMax: Int = 32, source: (any AdapterSource)? = nil) {
        self.initial = initial
        self.countMax = max(countMax, initial.count)
        self.source = source
    }
}
