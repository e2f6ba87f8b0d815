/// What a process may use of its machine: of all control groups above it, the tightest.
public struct ResourceLimits: Sendable, Equatable {
    /// Versions of control groups that were found: 1, 2, or both.
    public var versions: [Int]
    /// Beyond it the kernel ends processes (`memory.max`, `memory.limit_in_bytes`).
    public var memoryMaxBytes: UInt64?
    /// Beyond it the kernel slows processes down (`memory.high`).
    public var memoryHighBytes: UInt64?
    /// What the tightest group has left, where pages of files count as free; 0 when it is over its limit.
    public var memoryLeftBytes: UInt64?
    public var swapMaxBytes: UInt64?
    /// Processors' time in each second: 1.5 is one and a half.
    public var processorShare: Double?
    /// Processors of the control group.
    public var processors: ProcessorSet?
    /// Processors of this process's affinity mask.
    public var affinity: ProcessorSet?
    /// The folder of the group that sets `memoryMaxBytes`.
    public var memorySetBy: String?

    public init(
        versions: [Int] = [], memoryMaxBytes: UInt64? = nil, memoryHighBytes: UInt64? = nil,
        memoryLeftBytes: UInt64? = nil, swapMaxBytes: UInt64? = nil, processorShare: Double? = nil,
        processors: ProcessorSet? = nil, affinity: ProcessorSet? = nil, memorySetBy: String? = nil
    ) {
        self.versions = versions
        self.memoryMaxBytes = memoryMaxBytes
        self.memoryHighBytes = memoryHighBytes
        self.memoryLeftBytes = memoryLeftBytes
        self.swapMaxBytes = swapMaxBytes
        self.processorShare = processorShare
        self.processors = processors
        self.affinity = affinity
        self.memorySetBy = memorySetBy
    }
}

/// What a process runs inside of, with what tells so.
public struct Surrounding: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case docker, podman, kubernetes, lxc
        case systemdNspawn = "systemd_nspawn"
        case container
        case wsl
        case virtualMachine = "virtual_machine"
    }

    public var kind: Kind
    /// "/.dockerenv", "the flag hypervisor of /proc/cpuinfo".
    public var evidence: String

    public init(_ kind: Kind, evidence: String) {
        self.kind = kind
        self.evidence = evidence
    }
}
