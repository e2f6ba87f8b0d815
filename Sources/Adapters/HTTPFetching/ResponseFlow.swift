/// Who may do what between the thread that receives a response and the task that reads it.
///
/// Pure: every event returns what is to be done, and the caller does it after it has let go of its lock. Waiters are
/// tokens: continuations in the client, numbers in tests.
struct ResponseFlow<HeadWaiter, ChunkWaiter> {
    private enum State {
        /// Nobody has asked yet. Can transition to: awaitingHead, over.
        case idle
        /// The request is under way. Can transition to: reading, over.
        case awaitingHead(HeadWaiter)
        /// The body is arriving, nobody waits for it. Can transition to: awaitingChunk, draining, over.
        case reading
        /// The reader has taken all there is. Can transition to: reading, over.
        case awaitingChunk(ChunkWaiter)
        /// The transfer is over, the reader has not seen its end yet. Can transition to: over.
        case draining(FetchError?)
        /// Final. Reading on gives the error, or the end.
        case over(FetchError?)
    }

    private var state = State.idle
    private var buffer: [UInt8] = []
    /// A piece was refused; the transfer waits to be told that there is room.
    private var isRefusing = false
    private var isClaimed = false
    private let capacity: Int

    /// - Parameter capacity: bytes that may wait for the reader. A piece is taken whole as long as fewer wait, so that
    ///   one piece more than this is the bound.
    init(capacity: Int) { self.capacity = capacity }

    enum BeginResult {
        case start
        case refuse(HeadWaiter, FetchError)
    }

    mutating func begin(_ waiter: HeadWaiter) -> BeginResult {
        switch state {
        case .idle:
            state = .awaitingHead(waiter)
            return .start
        case .over(let error):
            return .refuse(waiter, error ?? .cancelled)
        case .awaitingHead, .reading, .awaitingChunk, .draining:
            preconditionFailure("an exchange begins once")
        }
    }

    enum HeadResult {
        case deliver(HeadWaiter)
        case readerGone
    }

    mutating func headArrived() -> HeadResult {
        guard case .awaitingHead(let waiter) = state else { return .readerGone }
        state = .reading
        return .deliver(waiter)
    }

    enum Room {
        case open
        /// The transfer is to wait: `take` tells when it may go on.
        case full
        case readerGone
    }

    /// Whether a piece may be offered now.
    mutating func room() -> Room {
        switch state {
        case .reading where buffer.count >= capacity:
            isRefusing = true
            return .full
        case .reading, .awaitingChunk: return .open
        case .idle, .awaitingHead, .draining, .over: return .readerGone
        }
    }

    enum OfferResult {
        case kept
        case deliver(ChunkWaiter)
        case readerGone
    }

    /// Takes what ``room()`` has let in.
    mutating func offer(_ piece: [UInt8]) -> OfferResult {
        switch state {
        case .reading:
            if buffer.isEmpty { buffer = piece } else { buffer.append(contentsOf: piece) }
            return .kept
        case .awaitingChunk(let waiter):
            state = .reading
            return .deliver(waiter)
        case .idle, .awaitingHead, .draining, .over:
            return .readerGone
        }
    }

    enum NextResult {
        /// - Parameter hasRoom: the transfer is waiting to be told that it may go on.
        case bytes([UInt8], hasRoom: Bool)
        case end
        case failure(FetchError)
        case wait
    }

    /// Takes what is there, or lets `waiter` wait for it.
    mutating func next(_ waiter: ChunkWaiter) -> NextResult {
        if let taken = take() { return taken }
        state = .awaitingChunk(waiter)
        return .wait
    }

    /// Takes what is there: bytes, or the end. None when that is still to come.
    mutating func take() -> NextResult? {
        switch state {
        case .reading where buffer.isEmpty:
            return nil
        case .reading:
            defer { isRefusing = false }
            return .bytes(takeBuffer(), hasRoom: isRefusing)
        case .draining(let error):
            guard buffer.isEmpty else { return .bytes(takeBuffer(), hasRoom: false) }
            state = .over(error)
            return error.map { .failure($0) } ?? .end
        case .over(let error):
            return error.map { .failure($0) } ?? .end
        case .idle, .awaitingHead, .awaitingChunk:
            return .failure(FetchError(.invalidRequest, "A response's body has one reader, which reads in turn."))
        }
    }

    private mutating func takeBuffer() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &buffer)
        return taken
    }

    enum EndResult {
        case nothing
        case failHead(HeadWaiter, FetchError)
        case endReader(ChunkWaiter, FetchError?)
    }

    /// The transfer is over. What was received before is still delivered.
    mutating func finish(_ error: FetchError?) -> EndResult {
        switch state {
        case .idle:
            state = .over(error)
            return .nothing
        case .awaitingHead(let waiter):
            let reason = error ?? FetchError(.readAborted, "The connection ended before a response began.")
            state = .over(reason)
            return .failHead(waiter, reason)
        case .reading:
            state = .draining(error)
            return .nothing
        case .awaitingChunk(let waiter):
            state = .over(error)
            return .endReader(waiter, error)
        case .draining, .over:
            return .nothing
        }
    }

    /// The reader was cancelled or let go. What waits for it is dropped.
    ///
    /// - Returns: who is to be told, and whether there is a transfer to be closed.
    mutating func abandon() -> (told: EndResult, closesTransfer: Bool) {
        buffer = []
        switch state {
        case .idle:
            state = .over(.cancelled)
            return (.nothing, false)
        case .awaitingHead(let waiter):
            state = .over(.cancelled)
            return (.failHead(waiter, .cancelled), true)
        case .reading:
            state = .over(.cancelled)
            return (.nothing, true)
        case .awaitingChunk(let waiter):
            state = .over(.cancelled)
            return (.endReader(waiter, .cancelled), true)
        case .draining:
            state = .over(.cancelled)
            return (.nothing, false)
        case .over:
            return (.nothing, false)
        }
    }

    /// Tells whether the caller is the first who wants to read.
    mutating func claimReader() -> Bool {
        defer { isClaimed = true }
        return !isClaimed
    }

    /// Nothing more can arrive and nothing is left to take.
    var isOver: Bool {
        if case .over = state { true } else { false }
    }
}
