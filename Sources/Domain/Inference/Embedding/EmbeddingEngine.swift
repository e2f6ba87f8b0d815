import Foundation
public import Vocabulary

/// One model that turns texts into vectors, or ranks documents, for many: admission on the caller's task, everything else
/// on the engine's own thread.
///
/// Texts of different requests are computed together, in the order of the queue that answers of text use too: by priority,
/// by the shares of tenants, by arrival. A request that does not fit the queue is refused at once, and one whose caller goes
/// is taken out of it. There is one model, and it answers to any name.
public final class EmbeddingEngine<Tokenizer: Tokenizing>: Embedding {
    let served: ServedModel
    let admission: EmbeddingAdmission<Tokenizer>
    private let mailbox: Mailbox<EmbeddingMessage>
    private let room: WaitingRoom<EmbeddingJob>
    private let exit: AsyncStream<Void>
    /// How the thread fares, for health checks and metrics.
    public let heartbeat: Heartbeat

    /// Starts the thread and returns when the model's context is made.
    ///
    /// - Parameters:
    ///   - served: the name and limits that are told to clients.
    ///   - tokenizer: the model's vocabulary.
    ///   - options: the bounds.
    ///   - heartbeat: goes on counting where an engine left off whose place this one takes.
    ///   - makeRuntime: called once, on the engine's thread.
    /// - Throws: what `makeRuntime` throws.
    public init<Runtime: EmbeddingRuntime & SendableMetatype>(
        served: ServedModel, tokenizer: Tokenizer, options: EmbeddingOptions, heartbeat: Heartbeat = Heartbeat(),
        makeRuntime: @escaping @Sendable () throws -> Runtime
    ) async throws {
        let mailbox = Mailbox<EmbeddingMessage>()
        // Whoever comes goes through the queue: there are no slots, each batch is filled anew.
        let room = WaitingRoom<EmbeddingJob>(waitingMax: options.waitingMax, slots: 0)
        let (exit, exited) = AsyncStream.makeStream(of: Void.self)
        let shape = try await withCheckedThrowingContinuation {
            (ready: CheckedContinuation<EmbeddingShape, any Error>) in
            let thread = Thread {
                defer { exited.finish() }
                do {
                    let runtime = try makeRuntime()
                    ready.resume(returning: runtime.shape)
                    var loop = EmbeddingLoop(runtime: runtime, mailbox: mailbox, heartbeat: heartbeat, room: room)
                    loop.run()
                } catch {
                    ready.resume(throwing: error)
                }
            }
            thread.name = "embeddings"
            thread.stackSize = 8 << 20
            thread.start()
        }
        self.served = served
        self.mailbox = mailbox
        self.room = room
        self.heartbeat = heartbeat
        self.exit = exit
        admission = EmbeddingAdmission(tokenizer: tokenizer, shape: shape, options: options)
    }

    deinit { mailbox.post(.stop(.shuttingDown)) }

    /// What the model turns sequences into.
    public var shape: EmbeddingShape { admission.shape }

    public func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        let sequences = try await admission.sequences(request)
        let vectors = try await compute(sequences, request.scheduling)
        // As in llama-server, the vectors of single tokens are left as they are unless a length was asked for.
        let norm = request.norm ?? (shape.output == .tokens ? .asGiven : admission.options.norm)
        let dimensions = request.dimensions ?? shape.dimensions
        return EmbeddingResult(
            model: served.id,
            entries: vectors.map { rows in
                EmbeddingResult.Entry(vectors: rows.map { norm.applied(to: $0, keeping: dimensions) })
            },
            promptTokens: sequences.reduce(0) { $0 + $1.count })
    }

    public func rerank(_ request: RerankRequest) async throws -> RerankResult {
        let sequences = try await admission.sequences(request)
        let vectors = try await compute(sequences, request.scheduling)
        return RerankResult(
            model: served.id, scores: vectors.map { $0.first?.first ?? 0 },
            promptTokens: sequences.reduce(0) { $0 + $1.count })
    }

    public func classify(_ request: ClassificationRequest) async throws -> ClassificationResult {
        let sequences = try await admission.sequences(request)
        let vectors = try await compute(sequences, request.scheduling)
        let isDone = shape.scoresAreProbabilities || !request.wantsProbabilities
        return ClassificationResult(
            model: served.id, labels: shape.labels,
            entries: vectors.map { rows in
                let scores = rows.first ?? []
                return ClassificationResult.Entry(scores: isDone ? scores : LabelScores.probabilities(scores))
            },
            promptTokens: sequences.reduce(0) { $0 + $1.count })
    }

    /// Ends every request with an error, then the thread. Returns when the thread has ended.
    ///
    /// - Parameter error: what those are told who wait.
    public func stop(telling error: ServiceError = .shuttingDown) async {
        mailbox.post(.stop(error))
        for await _ in exit {}
    }

    /// Requests of which nothing is being computed yet.
    var waiting: Int { room.count }

    private func compute(_ sequences: [[Int32]], _ scheduling: SchedulingOptions) async throws -> [[[Float]]] {
        let arrived = ContinuousClock.now
        let scheduling = options(scheduling)
        try Task.checkCancellation()
        let key = heartbeat.enter()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<[[[Float]]], any Error>, Never>) in
                let job = EmbeddingJob(key: key, sequences: sequences, scheduling: scheduling, arrived: arrived) {
                    continuation.resume(returning: $0)
                }
                do throws(ServiceError) {
                    try room.enter(job, mayWait: true)
                } catch {
                    heartbeat.leave()
                    continuation.resume(returning: .failure(error))
                    return
                }
                mailbox.post(.arrived)
                // The handler may have run before there was a job to take out.
                if Task.isCancelled { mailbox.post(.cancel(key)) }
            }
        } onCancel: { [mailbox] in
            mailbox.post(.cancel(key))
        }
        return try result.get()
    }

    /// What a request asks for, within what the server allows.
    private func options(_ asked: SchedulingOptions) -> SchedulingOptions {
        var options = asked
        if let most = admission.options.deadlineMax { options.deadline = min(options.deadline ?? most, most) }
        return options
    }
}
