import Vocabulary

/// What reaches the embedding engine's thread.
enum EmbeddingMessage: Sendable {
    /// Somebody waits in the room.
    case arrived
    /// The caller went.
    case cancel(UInt64)
    /// Ends everything, with this error for those who wait.
    case stop(ServiceError)
}

/// What the embedding engine's thread does, over and over: take messages, join sequences of all requests into a batch,
/// compute it, hand out the vectors. `FairQueue` and `BatchPlan` decide; this acts.
struct EmbeddingLoop<Runtime: EmbeddingRuntime> {
    /// A request of which something was taken.
    private struct Open {
        let job: EmbeddingJob
        var rest: BatchPlan.Rest
        var vectors: [[[Float]]]
        /// Sequences without vectors.
        var missing: Int

        init(_ job: EmbeddingJob) {
            self.job = job
            rest = BatchPlan.Rest(tokens: job.expectedWork)
            vectors = [[[Float]]](repeating: [], count: job.sequences.count)
            missing = job.sequences.count
        }
    }

    let runtime: Runtime
    let mailbox: Mailbox<EmbeddingMessage>
    let heartbeat: Heartbeat
    let room: WaitingRoom<EmbeddingJob>
    private var open: [UInt64: Open] = [:]
    private var stopError: ServiceError?

    init(
        runtime: Runtime, mailbox: Mailbox<EmbeddingMessage>, heartbeat: Heartbeat, room: WaitingRoom<EmbeddingJob>
    ) {
        self.runtime = runtime
        self.mailbox = mailbox
        self.heartbeat = heartbeat
        self.room = room
    }

    /// Runs until it is told to stop.
    mutating func run() {
        while stopError == nil {
            for message in mailbox.take() { handle(message) }
            let pieces = stopError == nil ? plan() : []
            if !pieces.isEmpty {
                compute(pieces)
            } else if stopError == nil, room.count == 0 {
                heartbeat.rested()
                for message in mailbox.wait() { handle(message) }
            }
        }
        for message in mailbox.close() { handle(message) }
        for job in room.close() { end(job, .failure(stopError ?? ServiceError.shuttingDown)) }
    }

    private mutating func handle(_ message: EmbeddingMessage) {
        switch message {
        case .arrived: break
        case .cancel(let key):
            // Between two batches whoever is not answered has sequences that wait.
            if let job = room.remove(key) { end(job, .failure(CancellationError())) }
        case .stop(let error):
            stopError = stopError ?? error
        }
    }

    /// Takes the next batch out of the room. Requests enter it meanwhile, so the time is read for every part: nobody is
    /// computed whose deadline had passed when it was taken.
    private mutating func plan() -> [BatchPlan.Piece] {
        let shape = runtime.shape
        var plan = BatchPlan(tokensMax: shape.batchTokensMax, sequencesMax: shape.sequencesMax)
        while true {
            let now = ContinuousClock.now
            let (next, late) = room.nextPart(now)
            for job in late { end(job, .failure(ServiceError.late("its texts were being computed"))) }
            guard let (job, isAlone) = next,
                let part = plan.take(from: job, &open[job.key, default: Open(job)].rest, isAlone: isAlone)
            else { break }
            room.takePart(of: job.key, part, now)
        }
        // Parts of those who became late meanwhile are for nobody.
        return plan.pieces.filter { open[$0.key] != nil }
    }

    /// Answers a request and forgets what is left of it.
    private mutating func end(_ job: EmbeddingJob, _ result: Result<[[[Float]]], any Error>) {
        open[job.key] = nil
        heartbeat.leave()
        job.answer(result)
    }

    private mutating func compute(_ pieces: [BatchPlan.Piece]) {
        do {
            let vectors = try runtime.vectors(of: pieces.map(\.tokens))
            for (piece, vectors) in zip(pieces, vectors) { take(vectors, for: piece) }
        } catch  where pieces.count > 1 {
            // One sequence that the model cannot compute must not take the others with it.
            for piece in pieces { compute([piece]) }
            return
        } catch {
            for piece in pieces { fail(piece.key, Self.failure(error)) }
        }
        let tokens = pieces.reduce(0) { $0 + $1.tokens.count }
        heartbeat.stepped(running: Set(pieces.map(\.key)).count, promptTokens: tokens, completionTokens: 0)
    }

    private mutating func take(_ vectors: [[Float]], for piece: BatchPlan.Piece) {
        // The fields of one entry are changed in place: a copy of the array for each of thousands of texts would hurt.
        guard open[piece.key] != nil else { return }
        guard vectors.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return fail(piece.key, .notANumber) }
        open[piece.key]?.vectors[piece.index] = vectors
        open[piece.key]?.missing -= 1
        if let done = open[piece.key], done.missing == 0 { end(done.job, .success(done.vectors)) }
    }

    /// Ends a request of which a sequence cannot be computed; what waits of it is taken out.
    private mutating func fail(_ key: UInt64, _ error: ServiceError) {
        guard let failed = open[key] else { return }
        _ = room.remove(key)
        end(failed.job, .failure(error))
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
