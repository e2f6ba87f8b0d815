/// The memory of a machine, without the limits that a process has.
public struct MachineMemory: Sendable, Equatable {
    public var totalBytes: UInt64?
    /// What could be had without swapping, by the kernel's estimate.
    public var availableBytes: UInt64?
    public var swapTotalBytes: UInt64?
    public var swapFreeBytes: UInt64?
    public var hugePages: HugePages?

    public init(
        totalBytes: UInt64? = nil, availableBytes: UInt64? = nil, swapTotalBytes: UInt64? = nil,
        swapFreeBytes: UInt64? = nil, hugePages: HugePages? = nil
    ) {
        self.totalBytes = totalBytes
        self.availableBytes = availableBytes
        self.swapTotalBytes = swapTotalBytes
        self.swapFreeBytes = swapFreeBytes
        self.hugePages = hugePages
    }

    /// Huge pages of the default size that are set aside; ordinary programs cannot use that memory.
    public struct HugePages: Sendable, Equatable {
        public var total: UInt64
        public var free: UInt64
        public var pageBytes: UInt64

        public init(total: UInt64, free: UInt64, pageBytes: UInt64) {
            self.total = total
            self.free = free
            self.pageBytes = pageBytes
        }
    }
}

/// Memory and the processors next to it (NUMA).
public struct MemoryNode: Sendable, Equatable {
    public var number: Int
    public var totalBytes: UInt64?
    public var freeBytes: UInt64?
    /// Empty for memory without processors.
    public var processors: ProcessorSet

    public init(number: Int, totalBytes: UInt64? = nil, freeBytes: UInt64? = nil, processors: ProcessorSet) {
        self.number = number
        self.totalBytes = totalBytes
        self.freeBytes = freeBytes
        self.processors = processors
    }
}

/// The disk under a folder.
public struct Disk: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case solidState = "solid_state"
        case rotating
        /// On another machine.
        case network
        /// In this machine's memory: what is written there is taken from it.
        case memory
        case unknown
    }

    public var path: String
    public var totalBytes: UInt64?
    /// What this user may write.
    public var freeBytes: UInt64?
    /// "ext4", "nfs4".
    public var fileSystem: String?
    /// "/dev/nvme0n1p2".
    public var device: String?
    public var kind: Kind
    public var isReadOnly: Bool

    public init(
        path: String, totalBytes: UInt64? = nil, freeBytes: UInt64? = nil, fileSystem: String? = nil,
        device: String? = nil, kind: Kind = .unknown, isReadOnly: Bool = false
    ) {
        self.path = path
        self.totalBytes = totalBytes
        self.freeBytes = freeBytes
        self.fileSystem = fileSystem
        self.device = device
        self.kind = kind
        self.isReadOnly = isReadOnly
    }
}
