/// The folder of all models, as downloads use it. Paths are relative to it, and were checked.
///
/// Safe to use from any task. Errors are `HubError` (`noSpace`, `fileFailed`).
public protocol ModelFolder: Sendable {
    /// Names the time since the machine was started. What a process has written in it is there for the next process,
    /// however the first one ended; what was written before it is there only if it was synced.
    var era: String { get }
    /// The absolute path of a file, for people and for programs that open it.
    func absolute(_ path: String) -> String
    /// Bytes that an ordinary program may still write.
    func freeBytes() async throws -> Int
    /// Bytes of a finished file; `nil` where there is none.
    func size(of path: String) async throws -> Int?
    /// Feeds all bytes of a finished file to a digest.
    func digest(_ path: String, into digest: RunningDigest) async throws
    /// The ledger beside an unfinished file; `nil` where there is none, or it is unreadably large.
    func ledger(of path: String) async throws -> [UInt8]?
    /// Opens the unfinished file for `path`, with its folders, and makes it where there is none. What is in it stays.
    ///
    /// - Parameters:
    ///   - path: of the finished file.
    ///   - size: what it will have, in bytes.
    /// - Returns: the file, open until nobody holds it.
    /// - Throws: `noSpace`, `fileFailed`.
    func openPart(of path: String, size: Int) async throws -> any PartFile
    /// Returns when a finished file survives a power cut, and removes its ledger.
    func settle(_ path: String) async throws
    /// Finished files that have a ledger still: a process ended before they were settled.
    func unsettled() async throws -> [String]
    /// Makes a finished file an unfinished one again.
    func withdraw(_ path: String) async throws
}

/// An unfinished file. Safe to use from any task; writes to different places may happen at the same time.
public protocol PartFile: Sendable {
    func write(_ bytes: [UInt8], at offset: Int) async throws
    /// Feeds a part of the file to a digest, in order.
    func digest(_ range: Range<Int>, into digest: RunningDigest) async throws
    /// Returns when everything that was written survives a power cut.
    func sync() async throws
    /// Replaces the ledger beside the file: a process that is killed leaves the old one or the new one. After a power
    /// cut it may be neither.
    func writeLedger(_ bytes: [UInt8]) async throws
    /// Gives the file its own name in place of what has it now. The ledger stays until the file is settled.
    func finish() async throws
    /// Removes file and ledger.
    func discard() async throws
}
