import CLlama
import CLlamaShim
import Glibc

/// On which CPUs threads run, and how urgently.
public struct ThreadPlaces: Sendable, Equatable {
    /// Which CPUs, a bit each, 64 to a word, lowest first; no bit is everywhere.
    public var mask: [UInt64] = []
    /// Whether each thread has a CPU of its own, in turns.
    public var isStrict = false
    /// -1 low, 0 as ever, 1 medium, 2 high, 3 real time.
    public var priority = 0

    public init() {}

    /// CPUs that a mask can name: ggml's bound (`GGML_MAX_N_THREADS`).
    public static let cpusMax = 512

    var hasMask: Bool { mask.contains { $0 != 0 } }

    /// What stands in the way of it, as the end of a sentence; `nil` for nothing.
    public var obstacle: String? {
        if hasMask, unsafe !nexus_llama_may_run_on(mask, mask.count) {
            return "names no CPU that this process may run on"
        }
        let status = nexus_llama_may_have_priority(Int32(priority))
        guard status != 0 else { return nil }
        return "asks for a priority that this process may not have (\(unsafe String(cString: strerror(status))))"
    }
}

/// How memory is spread on machines whose processors have memory of their own.
public enum NUMAStrategy: String, Sendable, CaseIterable {
    /// Threads on all nodes in turns.
    case distribute
    /// Threads on the node that the process was started on.
    case isolate
    /// Threads where `numactl` put the process.
    case numactl

    /// Applies it to the whole process, once, before anything is loaded.
    ///
    /// - Returns: whether this machine has several nodes; otherwise nothing changes.
    public func apply() -> Bool {
        llama_backend_init()
        switch self {
        case .distribute: llama_numa_init(GGML_NUMA_STRATEGY_DISTRIBUTE)
        case .isolate: llama_numa_init(GGML_NUMA_STRATEGY_ISOLATE)
        case .numactl: llama_numa_init(GGML_NUMA_STRATEGY_NUMACTL)
        }
        return nexus_llama_is_numa()
    }
}

/// Threads of one context that run where they were told to.
@safe
final class PlacedThreads {
    private let single: OpaquePointer?
    private let batch: OpaquePointer?
    private let mask: [UInt64]

    /// `nil` where nothing is said: then ggml does without a pool.
    init?(_ options: LlamaContext.Options) {
        guard options.places != nil || options.batchPlaces != nil else { return nil }
        let places = options.places ?? ThreadPlaces()
        let count = max(options.threads, options.batchThreads ?? options.threads)
        unsafe single = Self.make(places, count)
        unsafe batch = options.batchPlaces.flatMap { unsafe Self.make($0, count) }
        mask = places.mask
    }

    deinit {
        unsafe nexus_llama_free_threads(single)
        unsafe nexus_llama_free_threads(batch)
    }

    /// Gives the threads to a context, and binds the calling thread, which computes as one of them.
    func attach(to context: OpaquePointer) {
        unsafe llama_attach_threadpool(context, single, batch)
        _ = unsafe nexus_llama_bind_thread(mask, mask.count)
    }

    private static func make(_ places: ThreadPlaces, _ count: Int) -> OpaquePointer? {
        unsafe nexus_llama_make_threads(
            Int32(count), places.mask, places.mask.count, places.isStrict, Int32(places.priority))
    }
}
