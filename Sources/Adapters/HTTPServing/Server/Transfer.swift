import Synchronization

/// One request's meeting place between the server's thread and the handler's task: the request's body one way, the
/// response the other, both bounded. The decisions are ``TransferState``'s.
final class Transfer: Sendable {
    typealias Waiter = CheckedContinuation<Void, Never>

    private let state = Mutex(TransferState<Waiter>())
    private let socket = Mutex<WebSocket?>(nil)
    /// Makes the server's thread look at this request again. On any thread.
    let wake: @Sendable () -> Void
    /// The server's thread, for tasks.
    let executor: ServerThreadExecutor

    init(executor: ServerThreadExecutor, wake: @escaping @Sendable () -> Void) {
        self.executor = executor
        self.wake = wake
    }
}

// MARK: - The server's side. Nothing here waits.

extension Transfer {
    func decide(isUploadOver: Bool) -> TransferState<Waiter>.Decision {
        state.withLock { $0.decide(isUploadOver: isUploadOver) }
    }

    func receive(_ bytes: [UInt8]) -> TransferState<Waiter>.Receipt {
        let receipt = state.withLock { $0.receive(bytes) }
        if case .accepted(let reader) = receipt { reader?.resume() }
        return receipt
    }

    func endUpload() { state.withLock { $0.uploadEnded() }?.resume() }

    /// Resumes the producer if there is room again.
    func pull(countMax: Int) -> TransferState<Waiter>.Pull {
        let pull = state.withLock { $0.pull(countMax: countMax) }
        if case .bytes(_, let writer) = pull { writer?.resume() }
        return pull
    }

    func inject(_ bytes: [UInt8]) -> Bool { state.withLock { $0.inject(bytes) } }

    func abandon() {
        let (reader, writer, _) = state.withLock { $0.abandon() }
        reader?.resume()
        writer?.resume()
    }

    /// Gives the exchange up, on any thread; the server's own closes the connection when it looks at it next.
    func abort() {
        let (reader, writer, wasParked) = state.withLock { $0.abandon() }
        reader?.resume()
        writer?.resume()
        if wasParked { wake() }
    }

    /// What the connection is to become, if the response on offer says so.
    var upgrade: WebSocket? { socket.withLock { $0 } }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }
}

// MARK: - The task's side

extension Transfer {
    func readBody() async throws -> [UInt8]? {
        while true {
            switch state.withLock({ $0.read() }) {
            case .chunk(let chunk, let isWaking):
                if isWaking { wake() }
                return chunk
            case .ended: return nil
            case .abandoned: throw CancellationError()
            case .empty(let isWaking):
                if isWaking { wake() }
                try Task.checkCancellation()
                await withTaskCancellationHandler {
                    await withCheckedContinuation { waiter in
                        // Cancellation may have come before there was a waiter to resume; the lock orders the two.
                        let isKept = state.withLock { !Task.isCancelled && $0.waitToRead(waiter) }
                        if !isKept { waiter.resume() }
                    }
                } onCancel: {
                    state.withLock { $0.takeReader() }?.resume()
                }
            }
        }
    }

    func offer(_ response: HTTPResponse) {
        if state.withLock({ $0.offer(response) }) { wake() }
    }

    func offer(_ response: HTTPResponse, upgradingTo socket: WebSocket) {
        self.socket.withLock { $0 = socket }
        offer(response)
    }

    func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        switch state.withLock({ $0.write(bytes) }) {
        case .abandoned: throw CancellationError()
        case .more(let isWaking):
            if isWaking { wake() }
        case .full(let isWaking):
            if isWaking { wake() }
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiter in
                    let isKept = state.withLock { !Task.isCancelled && $0.waitToWrite(waiter) }
                    if !isKept { waiter.resume() }
                }
            } onCancel: {
                state.withLock { $0.takeWriter() }?.resume()
            }
            if isAbandoned { throw CancellationError() }
            try Task.checkCancellation()
        }
    }

    func endDownload(isFailure: Bool) {
        if state.withLock({ $0.endDownload(isFailure: isFailure) }) { wake() }
    }
}
