/// What all models together may take where nobody said it.
enum MemoryBudget {
    /// Nine tenths of the machine, and at least half a gibibyte for everything else.
    ///
    /// - Parameter machine: bytes that programs may use; without them there is no bound.
    /// - Returns: bytes.
    static func bytes(of machine: UInt64?) -> UInt64 {
        guard let machine else { return .max }
        return min(machine / 10 * 9, machine > 1 << 30 ? machine - (512 << 20) : machine / 2)
    }
}
