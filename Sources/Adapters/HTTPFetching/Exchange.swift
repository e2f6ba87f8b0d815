import Synchronization

/// What the response's header says.
struct ResponseHead: Sendable, Equatable {
    var status: Int
    var headers: FetchHeaders
}

/// One request and its answer, shared by the task that asked and the client's thread.
///
/// It does not keep the request: once libcurl has it, an answer that takes long needs it no more.
final class Exchange: Sendable {
    typealias HeadWaiter = CheckedContinuation<Result<ResponseHead, FetchError>, Never>
    typealias ChunkWaiter = CheckedContinuation<Result<[UInt8]?, FetchError>, Never>

    let id: UInt64
    private let mailbox: LoopMailbox
    private let flow: Mutex<ResponseFlow<HeadWaiter, ChunkWaiter>>

    init(id: UInt64, responseBufferBytes: Int, mailbox: LoopMailbox) {
        self.id = id
        self.mailbox = mailbox
        flow = Mutex(ResponseFlow(capacity: responseBufferBytes))
    }

    // MARK: the asking side

    /// Sends the request and waits for the header. Called once.
    func begin(_ request: PreparedRequest) async -> Result<ResponseHead, FetchError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                switch flow.withLock({ $0.begin(waiter) }) {
                case .start:
                    if !mailbox.post(.start(self, request)) { finish(.shutDown) }
                case .refuse(let waiter, let error):
                    waiter.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            abandon()
        }
    }

    /// The bytes that have arrived since the last call, at least one; none at the end.
    func next() async -> Result<[UInt8]?, FetchError> {
        // Usually something is there, and nobody needs to wait.
        if let result = nextReady() { return result }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let taken = flow.withLock { $0.next(waiter) }
                if let result = result(of: taken) { waiter.resume(returning: result) }
            }
        } onCancel: {
            abandon()
        }
    }

    /// The same, if it is here; none for who has to wait, or whose task was cancelled.
    func nextReady() -> Result<[UInt8]?, FetchError>? {
        guard !Task.isCancelled, let taken = flow.withLock({ $0.take() }) else { return nil }
        return result(of: taken)
    }

    /// None for who has to wait.
    private func result(
        of taken: ResponseFlow<HeadWaiter, ChunkWaiter>.NextResult
    ) -> Result<[UInt8]?, FetchError>? {
        switch taken {
        case .wait: return nil
        case .bytes(let bytes, let hasRoom):
            if hasRoom { mailbox.post(.resumeReceiving(id)) }
            return .success(bytes)
        case .end: return .success(nil)
        case .failure(let error): return .failure(error)
        }
    }

    /// Lets go of the answer: the transfer is closed if it still runs.
    func abandon() {
        let (told, closesTransfer) = flow.withLock { $0.abandon() }
        if closesTransfer { mailbox.post(.cancel(id)) }
        Self.telling(told)?.tell()
    }

    func claimReader() -> Bool { flow.withLock { $0.claimReader() } }

    // MARK: the client's thread

    /// Nobody waits for an answer any more.
    var isOver: Bool { flow.withLock { $0.isOver } }

    /// - Returns: whether somebody is there to read on.
    func deliver(_ head: ResponseHead, for transfer: Transfer) -> Bool {
        switch flow.withLock({ $0.headArrived() }) {
        case .deliver(let waiter):
            transfer.tellings.add(.head(waiter, .success(head)), of: transfer)
            return true
        case .readerGone: return false
        }
    }

    /// Whether the reader takes a piece now. After `full` the transfer is told when there is room.
    func room() -> ResponseFlow<HeadWaiter, ChunkWaiter>.Room { flow.withLock { $0.room() } }

    /// Never waits. What comes when the reader is gone is dropped.
    func offer(_ piece: [UInt8], for transfer: Transfer) {
        if case .deliver(let waiter) = flow.withLock({ $0.offer(piece) }) {
            transfer.tellings.add(.chunk(waiter, .success(piece)), of: transfer)
        }
    }

    /// The transfer is over, well or with an error.
    func finish(_ error: FetchError?, for transfer: Transfer) {
        if let telling = Self.telling(flow.withLock { $0.finish(error) }) {
            transfer.tellings.add(telling, of: transfer)
        }
    }

    /// The same where there is no transfer.
    func finish(_ error: FetchError) { Self.telling(flow.withLock { $0.finish(error) })?.tell() }

    private static func telling(_ result: ResponseFlow<HeadWaiter, ChunkWaiter>.EndResult) -> Telling? {
        switch result {
        case .nothing: nil
        case .failHead(let waiter, let error): .head(waiter, .failure(error))
        case .endReader(let waiter, let error): .chunk(waiter, error.map { .failure($0) } ?? .success(nil))
        }
    }
}
