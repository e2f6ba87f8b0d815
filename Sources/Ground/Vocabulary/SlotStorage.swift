/// Keeps what slots hold in files, by llama-server's names for it.
///
/// A slot holds the tokens, and what the model computed for them, of the last request that ended in it, or what was restored
/// into it.
public protocol SlotStoring: Sendable {
    /// Writes what a slot holds to a file. Waits while the slot is busy.
    ///
    /// - Parameters:
    ///   - slot: from 0.
    ///   - file: a name without a path.
    /// - Returns: how much was written.
    /// - Throws: `invalidValue` for a slot or a name that cannot be, `conflict` when the slot holds nothing.
    func save(slot: Int, to file: String) async throws(ServiceError) -> SlotFileReport
    /// Gives a slot what a file holds: the next request that begins with it does not compute it again.
    ///
    /// - Parameters:
    ///   - slot: from 0.
    ///   - file: a name without a path.
    /// - Returns: how much was read.
    /// - Throws: `invalidValue` when the file is not there, damaged, or another model's; the slot is as it was then.
    func restore(slot: Int, from file: String) async throws(ServiceError) -> SlotFileReport
    /// Forgets what a slot holds, as far as no other conversation begins with it.
    ///
    /// - Parameter slot: from 0.
    /// - Returns: tokens that the slot held.
    /// - Throws: `invalidValue` when there is no such slot.
    func erase(slot: Int) async throws(ServiceError) -> Int
}

/// How much a slot's file has.
public struct SlotFileReport: Sendable, Equatable {
    public var file: String
    public var tokens: Int
    /// Of the file.
    public var bytes: Int
    public var elapsed: Duration

    public init(file: String, tokens: Int, bytes: Int, elapsed: Duration) {
        self.file = file
        self.tokens = tokens
        self.bytes = bytes
        self.elapsed = elapsed
    }
}
