public import Vocabulary

/// The memory of this machine and what its models take of it: the answer of `GET /api/v1/memory`.
public struct MemoryStatus: Sendable, Equatable {
    /// What is known of one model's worker beside the plan.
    public struct Worker: Sendable, Equatable {
        /// The prediction for the settings that it was started with; `nil` where its file cannot be read.
        public var answer: MemoryAnswer?
        /// What its processes take now, added up; `nil` where none runs.
        public var use: MemoryUse?

        public init(answer: MemoryAnswer? = nil, use: MemoryUse? = nil) {
            self.answer = answer
            self.use = use
        }
    }

    /// Bytes that programs may use on this machine; `nil` where nothing tells.
    public var machineBytes: UInt64?
    /// Bytes that a program that starts now could have.
    public var freeBytes: UInt64?
    public var plan: MemoryPlan
    public var workers: [ModelID: Worker]

    public init(machineBytes: UInt64?, freeBytes: UInt64?, plan: MemoryPlan, workers: [ModelID: Worker]) {
        self.machineBytes = machineBytes
        self.freeBytes = freeBytes
        self.plan = plan
        self.workers = workers
    }
}
