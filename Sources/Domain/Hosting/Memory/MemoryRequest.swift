/// How a model is to be served, as far as memory depends on it. Names and defaults are those of `nexus-engine`.
public struct MemoryRequest: Sendable, Equatable {
    /// What the worker is for.
    public enum Use: String, Sendable, CaseIterable { case text, embeddings, reranking }
    /// How attention is computed; `auto` is `on` where the model allows it.
    public enum FlashAttention: String, Sendable, CaseIterable { case auto, on, off }
    /// How the file comes into memory.
    public enum Loading: String, Sendable, CaseIterable {
        /// Mapped: the system may drop pages and read them again.
        case mapped = "mmap"
        /// Read into memory of the process.
        case read = "none"
        /// Mapped, and kept.
        case locked = "mmap+mlock"
    }
    /// How layers are spread over devices.
    public enum Split: String, Sendable, CaseIterable { case none, layer, row }
    /// How many layers go to devices, counted from the last; the output counts as one more.
    public enum GPULayers: Sendable, Equatable {
        /// As many as there is memory for.
        case auto
        case all
        case count(Int)
    }

    /// A GPU, or a worker on another machine.
    public struct Device: Sendable, Equatable {
        /// llama.cpp's name, such as `CUDA0`.
        public var name: String
        /// What is free, in bytes.
        public var freeBytes: UInt64
        /// Its part of the layers; where all are 0, by free memory.
        public var proportion: Double

        public init(name: String, freeBytes: UInt64, proportion: Double = 0) {
            self.name = name
            self.freeBytes = freeBytes
            self.proportion = proportion
        }
    }

    /// A draft model for speculation.
    public struct Draft: Sendable, Equatable {
        public var shape: ModelShape
        /// `nil` takes the target's.
        public var cells: UInt64?
        public var keyType = KVCacheType.f16
        public var valueType = KVCacheType.f16

        public init(shape: ModelShape, cells: UInt64? = nil) {
            self.shape = shape
            self.cells = cells
        }
    }

    public var use = Use.text
    /// `--ctx-size`: cells that all sequences share; `nil` is `parallel` times a sequence's.
    public var cells: UInt64?
    /// `--ctx-seq`: tokens of one sequence at most; `nil` is `cells`, or what the model was trained for.
    public var sequenceTokens: UInt64?
    /// `--parallel`: sequences that are written at once.
    public var parallel: UInt64 = 4
    /// `--batch-size`: tokens in one step at most.
    public var batchTokens: UInt64 = 512
    /// `--ubatch-size`: tokens that are computed together at most.
    public var microBatchTokens: UInt64 = 512
    public var keyType = KVCacheType.f16
    public var valueType = KVCacheType.f16
    public var flashAttention = FlashAttention.auto
    /// `--swa-full`: layers with a window keep everything.
    public var keepsWholeWindow = false
    public var loading = Loading.mapped
    /// Whether weights are copied into an order that this processor likes (`--repack`, on unless forbidden).
    public var repacks = true
    /// Threads that compute.
    public var threads: UInt64 = 1
    /// `--cache-ram`: bytes for prefixes outside the key-value cache; `nil` is the engine's default, an eighth of
    /// `machineBytes` and at most 8 GiB, which does not count in `MemoryEstimate.footprint`.
    public var prefixCacheBytes: UInt64?
    /// Ordinary memory of the machine, in bytes.
    public var machineBytes: UInt64 = 16 << 30
    public var gpuLayers = GPULayers.auto
    public var devices: [Device] = []
    public var split = Split.layer
    /// Whether devices hold the cache of their layers (`--kv-offload`).
    public var offloadsCache = true
    /// `--n-cpu-moe`: the first layers whose experts stay in ordinary memory.
    public var expertLayersOnCPU = 0
    public var projector: ModelShape?
    public var draft: Draft?
    /// Bytes of the tensors of each LoRA adapter.
    public var adapterBytes: [UInt64] = []

    public init() {}
}
