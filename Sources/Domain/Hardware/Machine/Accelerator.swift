/// A GPU.
public struct Accelerator: Sendable, Equatable {
    public enum Vendor: String, Sendable, CaseIterable { case nvidia, amd, intel, apple, other }

    public var vendor: Vendor
    /// As the driver counts.
    public var index: Int
    public var name: String?
    /// The driver's lasting name for it.
    public var uuid: String?
    /// "0000:17:00.0".
    public var bus: String?
    /// `nil` when nothing tells, and for chips that share the machine's memory.
    public var totalBytes: UInt64?
    public var freeBytes: UInt64?
    public var driver: String?
    /// NVIDIA's compute capability, "9.0"; AMD's "gfx1100".
    public var architecture: String?
    /// Whether it computes in the machine's own memory.
    public var sharesMemory: Bool
    /// NVIDIA's Multi-Instance GPU; `nil` where there is none.
    public var partitioning: Partitioning?
    public var processes: [Occupant]

    public init(
        vendor: Vendor, index: Int, name: String? = nil, uuid: String? = nil, bus: String? = nil,
        totalBytes: UInt64? = nil, freeBytes: UInt64? = nil, driver: String? = nil, architecture: String? = nil,
        sharesMemory: Bool = false, partitioning: Partitioning? = nil, processes: [Occupant] = []
    ) {
        self.vendor = vendor
        self.index = index
        self.name = name
        self.uuid = uuid
        self.bus = bus
        self.totalBytes = totalBytes
        self.freeBytes = freeBytes
        self.driver = driver
        self.architecture = architecture
        self.sharesMemory = sharesMemory
        self.partitioning = partitioning
        self.processes = processes
    }

    /// A GPU that is cut into instances; only they can be computed on.
    public struct Partitioning: Sendable, Equatable {
        public var isOn: Bool
        public var parts: [Part]

        public init(isOn: Bool, parts: [Part] = []) {
            self.isOn = isOn
            self.parts = parts
        }

        public struct Part: Sendable, Equatable {
            public var index: Int
            public var instance: Int?
            public var totalBytes: UInt64?
            public var freeBytes: UInt64?

            public init(index: Int, instance: Int? = nil, totalBytes: UInt64? = nil, freeBytes: UInt64? = nil) {
                self.index = index
                self.instance = instance
                self.totalBytes = totalBytes
                self.freeBytes = freeBytes
            }
        }
    }

    /// A process that computes on it.
    public struct Occupant: Sendable, Equatable {
        public var processID: Int
        public var name: String?
        /// `nil` where the driver does not tell, as in containers.
        public var bytes: UInt64?

        public init(processID: Int, name: String? = nil, bytes: UInt64? = nil) {
            self.processID = processID
            self.name = name
            self.bytes = bytes
        }
    }
}
