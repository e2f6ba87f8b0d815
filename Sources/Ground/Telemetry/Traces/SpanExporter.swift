/// Sends finished spans, in batches, to a collector. `run` is its whole life: it ends after `SpanQueue.finish()`, when
/// everything has been sent or given up, or when its task is cancelled.
public struct SpanExporter: Sendable {
    private let queue: SpanQueue
    private let resource: TelemetryResource
    private let settings: Settings
    private let sleep: @Sendable (Duration) async throws -> Void
    private let send: @Sendable ([UInt8]) async throws -> Void

    /// Times and counts of the exporter.
    public struct Settings: Sendable, Equatable {
        /// The longest that a span waits for others.
        public var interval: Duration = .seconds(5)
        /// Tries per batch, the first included.
        public var attemptCountMax = 5
        /// The pause after the first failure; it doubles up to `pauseMax`.
        public var pauseMin: Duration = .milliseconds(500)
        public var pauseMax: Duration = .seconds(10)

        public init() {}
    }

    /// What `send` throws when another try makes no sense: the collector said that the request is wrong.
    public struct Refused: Error, Sendable {
        public init() {}
    }

    /// - Parameters:
    ///   - queue: where the tracer puts spans.
    ///   - resource: who sends.
    ///   - settings: times and counts.
    ///   - sleep: waits; tests give their own.
    ///   - send: posts a body of `OTLPEncoding.mediaType`; throws when it was not taken.
    public init(
        queue: SpanQueue, resource: TelemetryResource, settings: Settings = Settings(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        send: @escaping @Sendable ([UInt8]) async throws -> Void
    ) {
        self.queue = queue
        self.resource = resource
        self.settings = settings
        self.sleep = sleep
        self.send = send
    }

    public func run() async {
        while !Task.isCancelled {
            if !queue.isFinished { await waitForWork() }
            while !Task.isCancelled {
                let batch = queue.take()
                if batch.isEmpty { break }
                await export(batch)
            }
            if queue.isFinished, queue.count == 0 { return }
        }
    }

    /// Until a batch is full or the interval is over.
    private func waitForWork() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await queue.waitForBatch() }
            group.addTask { [sleep, interval = settings.interval] in
                do { try await sleep(interval) } catch { return }  // Cancelled, since the batch was full first.
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func export(_ batch: [FinishedSpan]) async {
        let body = OTLPEncoding.request(batch, from: resource)
        var pause = settings.pauseMin
        for attempt in 1...max(1, settings.attemptCountMax) {
            do {
                return try await send(body)
            } catch is Refused {
                break
            } catch {
                guard attempt < settings.attemptCountMax else { break }
                do { try await sleep(pause) } catch { break }  // Cancelled: the batch is given up.
                pause = min(pause * 2, settings.pauseMax)
            }
        }
        queue.countDropped(batch.count)
    }
}
