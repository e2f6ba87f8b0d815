import CLlamaShim

/// The memory of this process.
public enum ProcessMemory {
    /// Gives the system back what was freed: the allocator keeps it otherwise. Takes some milliseconds.
    public static func giveBack() { nexus_llama_trim_memory() }
}
