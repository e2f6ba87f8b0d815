/// The processor, memory, limits, disks and accelerators of a machine, as one process on it sees them.
///
/// What could not be found is absent, and `notes` says why. Nothing here is a guess.
public struct Machine: Sendable, Equatable {
    /// "Linux 6.18.4", as the kernel words it.
    public var system: String?
    public var processor: Processor
    public var memory: MachineMemory
    /// In the order of their numbers; empty where the kernel does not tell.
    public var nodes: [MemoryNode]
    public var limits: ResourceLimits
    public var surroundings: [Surrounding]
    /// The disk of the folder that models are kept in.
    public var modelFolder: Disk?
    public var accelerators: [Accelerator]
    /// What could not be found, and what to do about it.
    public var notes: [HardwareNote]

    public init(
        system: String? = nil, processor: Processor = Processor(), memory: MachineMemory = MachineMemory(),
        nodes: [MemoryNode] = [], limits: ResourceLimits = ResourceLimits(), surroundings: [Surrounding] = [],
        modelFolder: Disk? = nil, accelerators: [Accelerator] = [], notes: [HardwareNote] = []
    ) {
        self.system = system
        self.processor = processor
        self.memory = memory
        self.nodes = nodes
        self.limits = limits
        self.surroundings = surroundings
        self.modelFolder = modelFolder
        self.accelerators = accelerators
        self.notes = notes
    }

    /// Bytes that programs may use: the smaller of what is installed and what the control groups allow. `nil` when
    /// neither is known.
    public var memoryBytes: UInt64? {
        guard let total = memory.totalBytes else { return limits.memoryMaxBytes }
        return min(total, limits.memoryMaxBytes ?? total)
    }

    /// Bytes that a program that starts now could have, without anybody's leaving: the smaller of what the kernel
    /// calls available and what the control groups have left.
    public var memoryFreeBytes: UInt64? {
        guard let available = memory.availableBytes else { return limits.memoryLeftBytes }
        return min(available, limits.memoryLeftBytes ?? available)
    }

    /// Threads that run at the same time: of the affinity mask, the processors of the control group and its share of
    /// time, the smallest; at least 1.
    public var usableThreads: Int {
        var count = processor.threads ?? 1
        if let allowed = limits.affinity { count = min(count, allowed.count) }
        if let allowed = limits.processors { count = min(count, allowed.count) }
        if let share = limits.processorShare { count = min(count, Int(share.rounded(.up))) }
        return max(1, count)
    }

    /// Cores that compute at the same time: threads of one core share its arithmetic units.
    public var usableCores: Int {
        max(1, min(usableThreads, processor.cores ?? usableThreads))
    }
}

/// Something that could not be found or read, and what to do about it.
public struct HardwareNote: Sendable, Equatable {
    /// The part of the machine that is not known.
    public enum Part: String, Sendable, CaseIterable {
        case processor, memory, nodes, limits, surroundings, disk, nvidia, amd, intel, apple, speed
    }

    public enum Code: String, Sendable, CaseIterable {
        /// There is no such file or tool.
        case absent
        case unreadable
        /// The text is not what the kernel or the tool writes.
        case malformed
        /// The tool did not end in time and was ended.
        case timedOut = "timed_out"
        /// The tool wrote more than is read.
        case tooLong = "too_long"
        /// The tool says that it failed.
        case failed
        /// Two sources contradict each other.
        case contradiction
    }

    public var part: Part
    public var code: Code
    /// A full sentence.
    public var message: String
    public var hint: String?

    public init(_ part: Part, _ code: Code, _ message: String, hint: String? = nil) {
        self.part = part
        self.code = code
        self.message = message
        self.hint = hint
    }
}
