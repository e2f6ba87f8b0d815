import Dispatch

/// What the writing thread is to do next.
enum FolderJob: Sendable {
    /// Write what waits under a name, if it is still what it was when the job was given.
    case write(String, ticket: UInt64)
    case remove(String)
    /// Tell somebody that everything before this was done.
    case tell(DispatchSemaphore)
}

/// The files of a folder, those that are still to be written, and the jobs of the thread that writes. Pure.
struct FolderState {
    struct Pending {
        let ticket: UInt64
        let state: KeptState
        let bytes: Int
    }

    let queueBytesMax: Int
    var ledger: FileLedger
    private(set) var pending: [String: Pending] = [:]
    private(set) var pendingBytes = 0
    private(set) var jobs: [FolderJob] = []
    private var nextTicket: UInt64 = 0
    var rejectedCount = 0
    /// States that found no room in the queue, or are larger than all files may be together.
    private(set) var refusedCount = 0
    /// States that could not be written.
    private(set) var failedCount = 0
    /// The last one could not be written.
    private(set) var isFailing = false
    var isStopping = false

    /// Jobs that may wait: each is a name.
    static let jobsMax = 16_384

    init(bytesMax: Int, filesMax: Int, queueBytesMax: Int) {
        ledger = FileLedger(bytesMax: bytesMax, filesMax: filesMax)
        self.queueBytesMax = queueBytesMax
    }

    /// Queues a state; `false` when there is no room for it. One that is there already is not written again.
    mutating func put(_ state: KeptState, name: String, place: FileLedger.Place) -> Bool {
        if ledger.has(name) {
            ledger.use(name)
            return true
        }
        let bytes = StateFormat.fileBytes(state.header)
        // A state that is larger than the queue may wait alone.
        guard bytes <= ledger.bytesMax, pending.isEmpty || pendingBytes + bytes <= queueBytesMax,
            jobs.count < Self.jobsMax
        else {
            refusedCount += 1
            return false
        }
        for victim in ledger.makeRoom(for: bytes) { discard(victim) }
        ledger.add(name, bytes: bytes, place: place)
        nextTicket += 1
        pending[name] = Pending(ticket: nextTicket, state: state, bytes: bytes)
        pendingBytes += bytes
        jobs.append(.write(name, ticket: nextTicket))
        return true
    }

    /// Forgets a file and lets the thread remove it.
    mutating func remove(_ name: String) {
        guard ledger.remove(name) else { return }
        discard(name)
    }

    /// Lets the thread remove a file that the ledger has forgotten.
    mutating func discard(_ name: String) {
        dropPending(name)
        jobs.append(.remove(name))
    }

    private mutating func dropPending(_ name: String) {
        if let dropped = pending.removeValue(forKey: name) { pendingBytes -= dropped.bytes }
    }

    mutating func tell(_ semaphore: DispatchSemaphore) { jobs.append(.tell(semaphore)) }

    /// All jobs, in their order.
    mutating func takeJobs() -> [FolderJob] {
        defer { jobs.removeAll(keepingCapacity: true) }
        return jobs
    }

    /// The state that a job is about; `nil` when it was removed meanwhile.
    func state(of name: String, ticket: UInt64) -> KeptState? {
        guard let waiting = pending[name], waiting.ticket == ticket else { return nil }
        return waiting.state
    }

    /// Notes how writing went.
    ///
    /// - Returns: what is to be told about it.
    mutating func wrote(_ name: String, ticket: UInt64, failure: String?) -> CacheFolderEvent? {
        let isCurrent = pending[name]?.ticket == ticket
        if isCurrent { dropPending(name) }
        guard let failure else {
            defer { isFailing = false }
            return isFailing ? .writingWorksAgain : nil
        }
        failedCount += 1
        if isCurrent { ledger.remove(name) }
        defer { isFailing = true }
        return isFailing ? nil : .writingFailed(reason: failure)
    }
}
