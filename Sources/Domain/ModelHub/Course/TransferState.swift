import Synchronization

/// What the connections of one file share. Every method decides under a lock and returns at once.
final class TransferState: Sendable {
    /// What a connection has taken upon itself.
    struct Errand: Sendable {
        let run: BlockLedger.Run
        /// The server knows no ranges: the file comes from its beginning.
        let isWhole: Bool
    }

    private struct State {
        var ledger: BlockLedger
        /// What of it was synced; `nil` is nothing.
        var synced: BlockLedger?
        var place: FilePlace?
        /// Bytes of blocks that are not finished.
        var partial = 0
        var pausedUntil: ContinuousClock.Instant?
        /// The server was seen to ignore ranges.
        var isWhole = false
        /// Somebody reads the file from its beginning.
        var isWholeTaken = false
        /// The digest waits for a block.
        var waiter: CheckedContinuation<Void, Never>?
    }

    let blockBytes: Int
    private let size: Int
    private let state: Mutex<State>

    init(ledger: BlockLedger, synced: BlockLedger?, place: FilePlace?) {
        blockBytes = ledger.blockBytes
        size = ledger.size
        state = Mutex(State(ledger: ledger, synced: synced, place: place))
    }

    var ledger: BlockLedger { state.withLock { $0.ledger } }
    var synced: BlockLedger? {
        get { state.withLock { $0.synced } }
        set { state.withLock { $0.synced = newValue } }
    }
    var finishedBytes: Int { state.withLock { $0.ledger.finishedBytes } }
    var isComplete: Bool { state.withLock { $0.ledger.isComplete } }
    /// With those of blocks that are not complete.
    var receivedBytes: Int { state.withLock { min(size, $0.ledger.finishedBytes + $0.partial) } }

    func frontier(from bytes: Int) -> Int { state.withLock { $0.ledger.frontier(from: bytes) } }
    func bytes(of block: Int) -> Range<Int> { block * blockBytes..<min(size, (block + 1) * blockBytes) }

    // MARK: the place

    var place: FilePlace? {
        get { state.withLock { $0.place } }
        set { state.withLock { $0.place = newValue } }
    }

    /// An address that leads nowhere any more is used by nobody else.
    func forget(_ place: FilePlace) {
        state.withLock { state in
            if state.place == place { state.place = nil }
        }
    }

    // MARK: errands

    /// What to fetch next; `nil` when nothing is missing, or somebody brings the whole file.
    func take(connections: Int, blocksMax: Int) -> Errand? {
        state.withLock { state in
            if state.isWhole {
                guard !state.isWholeTaken, let run = state.ledger.take(blocksMax: .max) else { return nil }
                state.isWholeTaken = true
                return Errand(run: run, isWhole: true)
            }
            // Near the end the runs get shorter, so that all connections end together.
            let missing = size - state.ledger.finishedBytes
            let share = missing / max(1, connections * 2) / blockBytes
            guard let run = state.ledger.take(blocksMax: min(max(1, share), blocksMax)) else { return nil }
            return Errand(run: run, isWhole: false)
        }
    }

    func giveBack(_ errand: Errand) { state.withLock { $0.ledger.giveBack(errand.run) } }

    /// The server has sent the whole file instead of a range.
    ///
    /// - Returns: whether the caller is the one who reads it.
    func becomeWhole() -> Bool {
        state.withLock { state in
            state.isWhole = true
            guard !state.isWholeTaken else { return false }
            state.isWholeTaken = true
            return true
        }
    }

    /// Whoever read the file from its beginning is done, or gave up.
    func endWhole() { state.withLock { $0.isWholeTaken = false } }

    // MARK: bytes

    /// Whether any of these bytes belong to a block that is not finished.
    func needs(_ bytes: Range<Int>) -> Bool {
        guard !bytes.isEmpty else { return false }
        return state.withLock { state in
            (bytes.lowerBound / blockBytes...(bytes.upperBound - 1) / blockBytes)
                .contains { state.ledger.blocks[$0] != .finished }
        }
    }

    func received(_ count: Int) { state.withLock { $0.partial += count } }
    func unreceive(_ count: Int) { state.withLock { $0.partial -= count } }

    /// The bytes of a block are in the file.
    func finish(_ block: Int, received count: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.partial -= count
            state.ledger.finish(block)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns when the bytes after `reached` may be here, or the task was cancelled.
    func waitForBlock(beyond reached: Int) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isToGoOn = state.withLock { state in
                    guard !Task.isCancelled, state.ledger.frontier(from: reached) <= reached else { return true }
                    state.waiter = continuation
                    return false
                }
                if isToGoOn { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
        try Task.checkCancellation()
    }

    // MARK: pauses

    func pause(until moment: ContinuousClock.Instant) {
        state.withLock { $0.pausedUntil = max($0.pausedUntil ?? moment, moment) }
    }

    /// How long everybody rests.
    func pause(now: ContinuousClock.Instant) -> Duration? {
        state.withLock { state in
            guard let until = state.pausedUntil, until > now else { return nil }
            return until - now
        }
    }
}
