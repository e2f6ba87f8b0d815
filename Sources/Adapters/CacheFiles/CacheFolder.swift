public import Digests
import Dispatch
import Synchronization

/// States of one model as files in a folder: they survive the process, and nothing damaged ever comes back.
///
/// Each model has a folder of its own inside the one that is named, so that a model that was swapped out finds its states
/// again. Putting and removing never wait: one thread writes. Safe to use from any thread.
public final class CacheFolder: Sendable {
    public struct Options: Sendable {
        /// Where the folders of all models are. Made when it is not there.
        public var path: String
        /// What states must have been written for: a digest of everything that a state depends on.
        public var fingerprint: SHA256.Digest
        /// What this model's files may take together; those that were not used for the longest time go first.
        public var bytesMax: Int
        /// Files that this model may have.
        public var filesMax = 16_384
        /// What may wait in memory for being written.
        public var queueBytesMax = 256 << 20
        /// Bytes of headers that `contents()` reads at most, those of the latest used files.
        public var headerBytesMax = 256 << 20

        public init(path: String, fingerprint: SHA256.Digest, bytesMax: Int) {
            self.path = path
            self.fingerprint = fingerprint
            self.bytesMax = bytesMax
        }
    }

    private let options: Options
    private let files: StateFiles
    private let writer: FolderWriter
    private let report: @Sendable (CacheFolderEvent) -> Void

    /// Looks what is there, removes what a killed process left half-written, and starts the thread that writes.
    ///
    /// - Parameters:
    ///   - options: where, for what, and how much.
    ///   - report: is told what went wrong, from any thread; a folder that cannot be used is told here and ends nothing.
    public init(_ options: Options, report: @escaping @Sendable (CacheFolderEvent) -> Void) {
        self.options = options
        self.report = report
        files = StateFiles(
            folder: "\(options.path)/\(options.fingerprint.hexadecimal.prefix(32))", fingerprint: options.fingerprint,
            fileBytesMax: max(0, options.bytesMax))
        var state = FolderState(
            bytesMax: max(0, options.bytesMax), filesMax: max(1, options.filesMax),
            queueBytesMax: options.queueBytesMax)
        do throws(FileFailure) {
            try files.prepare()
            let removed = try files.removeLeftovers()
            if removed > 0 { report(.leftoversRemoved(count: removed)) }
            for file in try files.list() { state.ledger.add(file.name, bytes: file.bytes) }
            for victim in state.ledger.makeRoom(for: 0, files: 0) { state.discard(victim) }
        } catch {
            report(.unusable(reason: "\(error)"))
        }
        writer = FolderWriter(files, state, report: report)
        writer.start()
        writer.wake()
    }

    deinit { writer.stop() }

    /// What is there: reads the headers of the files, and rejects those that are damaged or another model's.
    public func contents() -> [KeptEntry] {
        var entries: [KeptEntry] = []
        var headerBytes = 0
        // The latest used first, for the bound; told to the ledger in the order in which they were used.
        for name in writer.state.withLock({ $0.ledger.names }) {
            guard headerBytes < options.headerBytesMax else { break }
            do {
                let (header, bytes) = try files.header(name)
                headerBytes += bytes - header.stateBytes
                entries.append(
                    KeptEntry(
                        name: name, tenant: header.tenant, adapters: header.adapters, tokens: header.tokens,
                        start: header.start, bytes: bytes))
            } catch {
                reject(name, error)
            }
        }
        writer.state.withLock { state in
            for entry in entries { state.ledger.put(entry.name, at: .init(entry.tokens, start: entry.start)) }
            for entry in entries.reversed() { state.ledger.use(entry.name) }
        }
        return entries
    }

    /// Queues a state for writing. One of the same path and tenant that is there already is not written again.
    ///
    /// - Parameter state: what to keep.
    /// - Returns: its name; `nil` when the queue is full, or the state can have no file.
    public func put(_ state: KeptState) -> String? {
        guard StateFormat.canKeep(state) else { return nil }
        let name = StateFormat.name(state.header)
        let place = FileLedger.Place(state.tokens, start: state.start)
        guard writer.state.withLock({ $0.put(state, name: name, place: place) }) else { return nil }
        writer.wake()
        return name
    }

    /// Reads a state and checks all of it; `nil` when it is missing, damaged or of another model. Waits for the disk.
    public func get(_ name: String) -> KeptState? {
        let (isKnown, waiting) = writer.state.withLock { state in
            state.ledger.use(name)
            return (state.ledger.has(name), state.pending[name]?.state)
        }
        if let waiting { return waiting }
        guard isKnown else { return nil }
        do {
            return try files.read(name)
        } catch {
            reject(name, error)
            return nil
        }
    }

    /// Forgets a state; its file goes soon.
    public func remove(_ name: String) {
        writer.state.withLock { $0.remove(name) }
        writer.wake()
    }

    /// Waits until everything that was put is in its file, and everything removed is gone.
    ///
    /// - Parameter patience: how long to wait at most.
    /// - Returns: whether it was done in time. Blocks the thread that asks.
    public func settle(within patience: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        writer.state.withLock { $0.tell(done) }
        writer.wake()
        let nanoseconds = Int(clamping: Int64(max(0, min(patience / .nanoseconds(1), 1e18))))
        return done.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
    }

    /// Files that were refused because they were damaged or not of this model.
    public var rejectedCount: Int { writer.state.withLock { $0.rejectedCount } }
    /// States that found no room in the queue.
    public var refusedCount: Int { writer.state.withLock { $0.refusedCount } }
    /// States that could not be written.
    public var failedCount: Int { writer.state.withLock { $0.failedCount } }
    /// Of this model's files, with those that are still to be written.
    public var bytes: Int { writer.state.withLock { $0.ledger.bytes } }
    public var bytesMax: Int { max(0, options.bytesMax) }

    private func reject(_ name: String, _ refusal: Refusal) {
        let (reason, isRemoved): (String, Bool) =
            switch refusal {
            case .damaged(let reason): (reason, true)
            case .foreign(let reason), .unreadable(let reason): (reason, false)
            case .missing: ("", false)
            }
        writer.state.withLock { state in
            if isRemoved { state.remove(name) } else { _ = state.ledger.remove(name) }
            if refusal != .missing { state.rejectedCount += 1 }
        }
        writer.wake()
        if refusal != .missing { report(.rejected(file: files.path(name), reason: reason, isRemoved: isRemoved)) }
    }
}
