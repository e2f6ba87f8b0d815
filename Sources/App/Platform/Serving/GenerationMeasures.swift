import HTTPFetching
import ModelCatalog
import Telemetry
import Vocabulary

/// Metrics and a span for each answer, whoever writes it.
struct GenerationMeasures: Sendable {
    private let tracer: Tracer
    private let requests: MetricFamily<Counter>
    private let tokens: MetricFamily<Counter>
    private let firstEvent: MetricFamily<Histogram>
    private let duration: MetricFamily<Histogram>
    private let used: @Sendable (_ model: String, ModelUsage) -> Void

    /// - Parameters:
    ///   - tracer: of spans.
    ///   - metrics: where they are registered.
    ///   - used: told of each request when it is over; must return at once.
    init(tracer: Tracer, metrics: MetricsRegistry, used: @escaping @Sendable (String, ModelUsage) -> Void = { _, _ in })
    {
        self.tracer = tracer
        self.used = used
        requests = metrics.counter(
            "nexus_generations_total", help: "Answers, by how they ended.", labels: ["model", "outcome"])
        tokens = metrics.counter(
            "nexus_tokens_total", help: "Tokens read (prompt) and written (completion).", labels: ["model", "kind"])
        firstEvent = metrics.histogram(
            "nexus_time_to_first_token_seconds", help: "From the request to the first piece of its answer.",
            labels: ["model"], buckets: .latencySeconds)
        duration = metrics.histogram(
            "nexus_generation_duration_seconds", help: "From the request to the end of its answer.", labels: ["model"],
            buckets: .latencySeconds)
    }

    /// Starts an answer inside a span that ends with the answer's last event.
    ///
    /// - Parameters:
    ///   - request: what is asked.
    ///   - model: who.
    ///   - route: why that one, in a few words.
    ///   - ask: does it.
    /// - Returns: the answer.
    /// - Throws: what `ask` throws.
    func measure(
        _ request: GenerationRequest, model: ModelID, route: @autoclosure () -> String,
        _ ask: () async throws -> RemoteStream
    ) async throws -> MeasuredStream {
        let began = ContinuousClock.now
        let span = start(request, model, route)
        do {
            let stream = try await SpanContext.$current.withValue(span.context) { try await ask() }
            return MeasuredStream(base: stream, lease: MeasureLease(self, model: model.name, span: span, began: began))
        } catch {
            finish(span, model: model.name, began: began, outcome: .failed(error))
            throw error
        }
    }

    /// Not inlined, so that what it needs does not lie in the frame that waits for the answer.
    @inline(never)
    private func start(_ request: GenerationRequest, _ model: ModelID, _ route: () -> String) -> Span {
        let span = tracer.start(
            "chat \(model)", kind: .client,
            attributes: [
                .operationName: "chat", .requestModel: .string(model.name), .responseID: .string(request.id.text),
            ])
        if span.isRecording { span.set("nexus.route", .string(route())) }
        return span
    }

    /// Asks inside a span for what is read and not written: vectors, ranks, classes.
    ///
    /// - Parameters:
    ///   - id: of the request.
    ///   - model: which is asked.
    ///   - operation: `embeddings`, `rerank` or `classify`.
    ///   - ask: does it.
    ///   - tokens: how many a result was computed from.
    /// - Returns: what `ask` gives.
    /// - Throws: what `ask` throws.
    func measureReading<Result>(
        _ id: RequestID, model: ModelID, operation: String, _ ask: () async throws -> Result,
        tokens: (Result) -> Int
    ) async throws -> Result {
        let began = ContinuousClock.now
        let span = tracer.start(
            "\(operation) \(model)", kind: .client,
            attributes: [
                .operationName: .string(operation), .requestModel: .string(model.name), .responseID: .string(id.text),
            ])
        do {
            let result = try await SpanContext.$current.withValue(span.context) { try await ask() }
            finish(span, model: model.name, began: began, outcome: .read(tokens: tokens(result)))
            return result
        } catch {
            finish(span, model: model.name, began: began, outcome: .failed(error))
            throw error
        }
    }

    fileprivate enum Outcome {
        /// Nothing was to be written.
        case read(tokens: Int)
        case finished(GenerationEnd)
        case failed(any Error)
        /// The reader went first.
        case abandoned

        var usage: ModelUsage {
            var usage = ModelUsage(requests: 1, lastUsedAt: UnixTime.now().nanoseconds / 1_000)
            switch self {
            case .read(let tokens): usage.promptTokens = Int64(max(0, tokens))
            case .finished(let end):
                usage.promptTokens = Int64(max(0, end.usage.promptTokens))
                usage.completionTokens = Int64(max(0, end.usage.completionTokens))
            case .failed: usage.failures = 1
            case .abandoned: break
            }
            return usage
        }
    }

    fileprivate func first(model: String, began: ContinuousClock.Instant) {
        firstEvent.with(model).observe(.now - began)
    }

    @inline(never)
    fileprivate func finish(_ span: Span, model: String, began: ContinuousClock.Instant, outcome: Outcome) {
        duration.with(model).observe(.now - began)
        used(model, outcome.usage)
        switch outcome {
        case .finished(let end):
            requests.with(model, end.reason.rawValue).increment()
            tokens.with(model, "prompt").increment(by: UInt64(max(0, end.usage.promptTokens)))
            tokens.with(model, "completion").increment(by: UInt64(max(0, end.usage.completionTokens)))
            span.set(.usageInputTokens, .integer(Int64(end.usage.promptTokens)))
            span.set(.usageOutputTokens, .integer(Int64(end.usage.completionTokens)))
            span.set(.responseFinishReasons, .string(end.reason.rawValue))
        case .read(let count):
            requests.with(model, "read").increment()
            tokens.with(model, "prompt").increment(by: UInt64(max(0, count)))
            span.set(.usageInputTokens, .integer(Int64(count)))
        case .failed(let error):
            let code = (error as? ServiceError)?.code.rawValue ?? "cancelled"
            requests.with(model, code).increment()
            span.set(.errorType, .string(code))
            span.set(.error(String(describing: error)))
        case .abandoned:
            requests.with(model, "abandoned").increment()
        }
        span.end()
    }
}

/// Notes how an answer ended, exactly once: when it is finished, when it fails, or when nobody holds it any more.
private final class MeasureLease: Sendable {
    private let measures: GenerationMeasures
    private let model: String
    private let span: Span
    private let began: ContinuousClock.Instant
    private let isOver = Once()

    init(_ measures: GenerationMeasures, model: String, span: Span, began: ContinuousClock.Instant) {
        self.measures = measures
        self.model = model
        self.span = span
        self.began = began
    }

    deinit { finish(.abandoned) }

    func first() {
        span.add(event: "first token")
        measures.first(model: model, began: began)
    }

    /// Not inlined, as `note`.
    @inline(never)
    func finish(_ outcome: GenerationMeasures.Outcome) {
        if isOver.claim() { measures.finish(span, model: model, began: began, outcome: outcome) }
    }
}

/// An answer whose course is measured while it is read.
struct MeasuredStream: AsyncSequence, Sendable {
    fileprivate let base: RemoteStream
    fileprivate let lease: MeasureLease

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), lease: lease) }

    /// Closes the connection: whoever reads sees the end.
    func cancel() { base.body.cancel() }

    struct Iterator: ReadyIterator {
        fileprivate var base: RemoteStream.Iterator
        fileprivate let lease: MeasureLease
        private var hasStarted = false

        fileprivate init(base: RemoteStream.Iterator, lease: MeasureLease) {
            self.base = base
            self.lease = lease
        }

        mutating func next() async throws -> GenerationEvent? {
            do {
                let event = try await base.next()
                note(event)
                return event
            } catch {
                lease.finish(.failed(error))
                throw error
            }
        }

        mutating func nextReady() throws -> GenerationEvent? {
            do {
                guard let event = try base.nextReady() else { return nil }
                note(event)
                return event
            } catch {
                lease.finish(.failed(error))
                throw error
            }
        }

        /// Not inlined, so that what it unpacks does not lie in the frame that waits for the next event.
        @inline(never)
        private mutating func note(_ event: GenerationEvent?) {
            switch event {
            case .text, .toolCall, .reasoning:
                if !hasStarted { lease.first() }
                hasStarted = true
            case .finished(let end): lease.finish(.finished(end))
            case .loading, .started, .queued, .promptProgress, .token, .promptLogprobs, .logprobs, .warning, nil:
                break
            }
        }
    }
}
