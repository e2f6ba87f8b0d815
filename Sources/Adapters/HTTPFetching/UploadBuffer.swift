import Synchronization

/// The part of a streamed request body that was made but not sent yet, between the task that iterates the stream and
/// the client's thread.
final class UploadBuffer: Sendable {
    private let exchangeID: UInt64
    private let mailbox: LoopMailbox
    private let capacity: Int
    private let length: Int?
    private let state = Mutex(State())

    private struct State {
        var bytes: [UInt8] = []
        /// How many bytes the stream has given in all.
        var madeCount = 0
        var end: End?
        /// The thread found nothing and waits for `resumeSending`.
        var isStarving = false
        /// The stream's task waits for room.
        var roomWaiter: CheckedContinuation<Void, Never>?
    }

    private enum End {
        case complete
        case failed(FetchError)
        /// The transfer is over: nobody reads any more.
        case closed
    }

    /// `length` is what the stream has announced, `capacity` what may wait (one chunk more is the bound); both in bytes.
    init(exchangeID: UInt64, length: Int?, capacity: Int, mailbox: LoopMailbox) {
        self.exchangeID = exchangeID
        self.length = length
        self.capacity = capacity
        self.mailbox = mailbox
    }

    // MARK: the stream's task

    /// Iterates the stream until its end, or until the transfer is over.
    func fill(from chunks: some AsyncSequence<[UInt8], any Error>) async {
        do {
            for try await chunk in chunks where !chunk.isEmpty {
                guard await send(chunk) else { return }
            }
            end(nil)
        } catch {
            // The stream's own error may hold anything, so that only its type is told.
            end(FetchError(.requestBody, "The request's body could not be read.", detail: "\(type(of: error))"))
        }
    }

    private func send(_ chunk: [UInt8]) async -> Bool {
        let (isOpen, isAwaited) = state.withLock { state in
            guard state.end == nil else { return (false, false) }
            state.madeCount += chunk.count
            if let length, state.madeCount > length {
                let told = "The request's body has more than the announced \(length) bytes."
                state.end = .failed(FetchError(.requestBody, told))
                defer { state.isStarving = false }
                return (false, state.isStarving)
            }
            state.bytes.append(contentsOf: chunk)
            defer { state.isStarving = false }
            return (true, state.isStarving)
        }
        if isAwaited { mailbox.post(.resumeSending(exchangeID)) }
        guard isOpen else { return false }
        await withCheckedContinuation { waiter in
            let mayGoOn = state.withLock { state in
                if state.end != nil || state.bytes.count < capacity { return true }
                state.roomWaiter = waiter
                return false
            }
            if mayGoOn { waiter.resume() }
        }
        return state.withLock { $0.end == nil }
    }

    private func end(_ error: FetchError?) {
        let isAwaited = state.withLock { state in
            guard state.end == nil else { return false }
            if let error {
                state.end = .failed(error)
            } else if let length, length != state.madeCount {
                let told = "The request's body has \(state.madeCount) bytes instead of the announced \(length)."
                state.end = .failed(FetchError(.requestBody, told))
            } else {
                state.end = .complete
            }
            defer { state.isStarving = false }
            return state.isStarving
        }
        if isAwaited { mailbox.post(.resumeSending(exchangeID)) }
    }

    // MARK: the client's thread

    enum TakeResult {
        /// All that waited, at least one byte.
        case bytes([UInt8])
        /// Nothing yet: `resumeSending` will be posted.
        case wait
        case end
        case failure(FetchError)
    }

    func take() -> TakeResult {
        let (result, waiter) = state.withLock { state -> (TakeResult, CheckedContinuation<Void, Never>?) in
            if !state.bytes.isEmpty {
                let taken = state.bytes
                let waiter = state.roomWaiter
                state.bytes = []
                state.roomWaiter = nil
                return (.bytes(taken), waiter)
            }
            switch state.end {
            case .complete, .closed: return (.end, nil)
            case .failed(let error): return (.failure(error), nil)
            case nil:
                state.isStarving = true
                return (.wait, nil)
            }
        }
        waiter?.resume()
        return result
    }

    /// The transfer is over: the stream's task is let go.
    func close() {
        let waiter = state.withLock { state in
            state.end = .closed
            state.bytes = []
            defer { state.roomWaiter = nil }
            return state.roomWaiter
        }
        waiter?.resume()
    }
}
