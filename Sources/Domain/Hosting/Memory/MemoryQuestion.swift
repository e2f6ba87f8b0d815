/// A model and how it would be served: what a prediction of memory is asked for. Files are named, not yet read.
public struct MemoryQuestion: Sendable, Equatable {
    /// A draft model for speculation.
    public struct Draft: Sendable, Equatable {
        /// A path, or a name that the catalogue knows.
        public var model: String
        /// `nil` takes the target's.
        public var cells: UInt64?
        public var keyType = KVCacheType.f16
        public var valueType = KVCacheType.f16

        public init(model: String) { self.model = model }
    }

    /// A path, or a name that the catalogue knows.
    public var model: String
    /// The settings; its projector, draft and adapters come from the files named here.
    public var request = MemoryRequest()
    public var projector: String?
    public var draft: Draft?
    /// Paths of LoRA adapters.
    public var adapters: [String] = []
    /// `nil` takes those of this machine.
    public var devices: [MemoryRequest.Device]?

    public static let adaptersMax = 64
    public static let devicesMax = 64

    public init(model: String) { self.model = model }
}

/// What was predicted, with what was learned from workers of the same model and settings.
public struct MemoryAnswer: Sendable, Equatable {
    public var shape: ModelShape
    public var estimate: MemoryEstimate
    /// Learned from workers with this model and these settings.
    public var correction: MemoryCorrection

    public init(shape: ModelShape, estimate: MemoryEstimate, correction: MemoryCorrection = .none) {
        self.shape = shape
        self.estimate = estimate
        self.correction = correction
    }

    /// What has to be found free before the model is loaded.
    public var footprint: Footprint { correction.applied(to: estimate.footprint) }
}

/// Model and settings by what memory depends on: predictions with the same key teach each other.
public struct MemoryKey: Sendable, Hashable {
    /// Made of the shape, so that the same model is known again under another name or in another folder.
    public var model: String
    public var settings: String

    public init(model: String, settings: String) {
        self.model = model
        self.settings = settings
    }

    /// - Parameters:
    ///   - shape: the model.
    ///   - request: how it is served. What follows from defaults and what was said give the same key.
    public init(_ shape: ModelShape, _ request: MemoryRequest) {
        let context = ServedContext(shape, request)
        let placement = LayerPlacement(shape, request, context)
        model = Self.name(shape)
        let words: [String] = [
            request.use.rawValue, "cells=\(context.cells)", "window=\(context.windowCells)",
            "sequences=\(context.sequences)",
            "tokens=\(context.sequenceTokens)", "parallel=\(request.parallel)", "batch=\(request.batchTokens)",
            "micro=\(context.microBatch)", "k=\(context.keyType.rawValue)", "v=\(context.valueType.rawValue)",
            "flash=\(context.usesFlashAttention)", "load=\(request.loading.rawValue)", "repack=\(request.repacks)",
            "layers=\(placement.layersOnDevices)", "devices=\(placement.devices.joined(separator: "+"))",
            "offload=\(request.offloadsCache)", "moe=\(request.expertLayersOnCPU)",
            "projector=\(request.projector.map(Self.name) ?? "")",
            "draft=\(request.draft.map { Self.name($0.shape) + "/\($0.cells ?? 0)" } ?? "")",
            "adapters=\(request.adapterBytes.reduce(UInt64(0)) { $0.addedOrMax($1) })",
        ]
        settings = words.joined(separator: " ")
    }

    private static func name(_ shape: ModelShape) -> String {
        "\(shape.architecture) layers=\(shape.layers.count) parameters=\(shape.parameterCount) bytes=\(shape.fileBytes)"
    }
}
