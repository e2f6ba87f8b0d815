/// The processor, memory and accelerators of a machine.
public struct Machine: Sendable, Equatable {
    /// Bytes of memory that programs may use: the smaller of what is installed and what a control group allows.
    public var memoryBytes: Int

    public init(memoryBytes: Int) { self.memoryBytes = memoryBytes }
}
