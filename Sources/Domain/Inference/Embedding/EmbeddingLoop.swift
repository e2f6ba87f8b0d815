import Vocabulary

/// What reaches the embedding engine's thread.
enum EmbeddingMessage: Sendable {
    case submit(EmbeddingJob)
    /// The caller went.
    case cancel(UInt64)
    /// Ends everything, with this error for those who wait.
    case stop(ServiceError)
}

/// A request that was let in.
struct EmbeddingJob: Sendable {
    typealias Answer = @Sendable (Result<[[[Float]]], any Error>) -> Void

    let key: UInt64
    /// None empty, each within the model's bound.
    let sequences: [[Int32]]
    let deadline: ContinuousClock.Instant?
    /// Called once, with the vectors of each sequence.
    let answer: Answer
}

/// What the embedding engine's thread does, over and over: take messages, join sequences of all requests into a batch,
/// compute it, hand out the vectors. `EmbeddingQueue` decides; this acts.
struct EmbeddingLoop<Runtime: EmbeddingRuntime> {
    private struct Open {
        let job: EmbeddingJob
        var vectors: [[[Float]]]
        var left: Int
        var hasStarted = false
    }

    let runtime: Runtime
    let mailbox: Mailbox<EmbeddingMessage>
    let heartbeat: Heartbeat
    let room: EmbeddingRoom
    private var queue = EmbeddingQueue()
    private var open: [UInt64: Open] = [:]
    private var stopError: ServiceError?

    init(runtime: Runtime, mailbox: Mailbox<EmbeddingMessage>, heartbeat: Heartbeat, room: EmbeddingRoom) {
        self.runtime = runtime
        self.mailbox = mailbox
        self.heartbeat = heartbeat
        self.room = room
    }

    /// Runs until it is told to stop.
    mutating func run() {
        while stopError == nil {
            for message in mailbox.take() { handle(message) }
            for key in queue.expired(.now) { end(key, .failure(ServiceError.late("its texts were being computed"))) }
            let shape = runtime.shape
            let pieces = queue.batch(tokensMax: shape.batchTokensMax, sequencesMax: shape.sequencesMax)
            if !pieces.isEmpty {
                compute(pieces)
            } else if stopError == nil {
                heartbeat.rested()
                for message in mailbox.wait() { handle(message) }
            }
        }
        for message in mailbox.close() { handle(message) }
        for key in open.keys.sorted() { end(key, .failure(stopError ?? ServiceError.shuttingDown)) }
    }

    private mutating func handle(_ message: EmbeddingMessage) {
        switch message {
        case .submit(let job):
            let vectors = [[[Float]]](repeating: [], count: job.sequences.count)
            open[job.key] = Open(job: job, vectors: vectors, left: job.sequences.count)
            queue.add(EmbeddingQueue.Entry(key: job.key, sequences: job.sequences, deadline: job.deadline))
        case .cancel(let key):
            end(key, .failure(CancellationError()))
        case .stop(let error):
            stopError = stopError ?? error
        }
    }

    /// Answers a request, if it has not been answered, and forgets what is left of it.
    private mutating func end(_ key: UInt64, _ result: Result<[[[Float]]], any Error>) {
        guard let ended = open.removeValue(forKey: key) else { return }
        queue.remove(key)
        if !ended.hasStarted { room.left() }
        heartbeat.leave()
        ended.job.answer(result)
    }

    private mutating func compute(_ pieces: [EmbeddingQueue.Piece]) {
        for piece in pieces where open[piece.key]?.hasStarted == false {
            open[piece.key]?.hasStarted = true
            room.started()
        }
        do {
            let vectors = try runtime.vectors(of: pieces.map(\.tokens))
            for (piece, vectors) in zip(pieces, vectors) { take(vectors, for: piece) }
        } catch  where pieces.count > 1 {
            // One sequence that the model cannot compute must not take the others with it.
            for piece in pieces { compute([piece]) }
            return
        } catch {
            for piece in pieces { end(piece.key, .failure(Self.failure(error))) }
        }
        let tokens = pieces.reduce(0) { $0 + $1.tokens.count }
        heartbeat.stepped(running: Set(pieces.map(\.key)).count, promptTokens: tokens, completionTokens: 0)
    }

    private mutating func take(_ vectors: [[Float]], for piece: EmbeddingQueue.Piece) {
        // The fields of one entry are changed in place: a copy of the array for each of thousands of texts would hurt.
        guard open[piece.key] != nil else { return }
        guard vectors.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            end(piece.key, .failure(ServiceError.notANumber))
            return
        }
        open[piece.key]?.vectors[piece.index] = vectors
        open[piece.key]?.left -= 1
        if let done = open[piece.key], done.left == 0 { end(piece.key, .success(done.vectors)) }
    }

    private static func failure(_ error: any Error) -> ServiceError {
        error as? ServiceError
            ?? ServiceError(
                .engineFailed, "The model failed while computing this text.", hint: "Send the request again.",
                detail: String(describing: error))
    }
}

extension ServiceError {
    /// A vector that would poison whatever it is compared with.
    fileprivate static var notANumber: ServiceError {
        ServiceError(
            .engineFailed, "The model gave numbers that are none (NaN or infinite) for this text.",
            hint: "The model file may be damaged, or its numbers too small for it; try another quantization.")
    }
}
