/// Makes spans. Parent and child find each other through the task (`SpanContext.current`).
public struct Tracer: Sendable {
    private let sampler: Sampler
    private let queue: SpanQueue
    private let now: @Sendable () -> UnixTime
    private let random: @Sendable () -> UInt64

    /// - Parameters:
    ///   - sampler: which new traces are recorded.
    ///   - queue: where finished spans go.
    ///   - now: the clock.
    ///   - random: 64 random bits, for ids.
    public init(
        sampler: Sampler, queue: SpanQueue, now: @escaping @Sendable () -> UnixTime,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.sampler = sampler
        self.queue = queue
        self.now = now
        self.random = random
    }

    /// Starts a span that the caller ends. Prefer `withSpan`.
    ///
    /// - Parameters:
    ///   - name: what is done, without variable parts: "chat", "prefill".
    ///   - kind: on which side of a call it is.
    ///   - parent: the caller's span; the task's when nothing else is said, `nil` for a new trace.
    ///   - attributes: what is known at the start.
    /// - Returns: the running span.
    public func start(
        _ name: String, kind: SpanKind = .internal, parent: SpanContext? = SpanContext.current,
        attributes: SpanAttributes = SpanAttributes()
    ) -> Span {
        let traceID = parent?.traceID ?? TraceID(random: random)
        let context = SpanContext(
            traceID: traceID, spanID: SpanID(random: random), isSampled: sampler.isSampled(traceID, parent: parent),
            traceState: parent?.traceState ?? TraceState())
        let time = now()
        let start = FinishedSpan(
            context: context, parentID: parent?.spanID, name: name, kind: kind, start: time, end: time,
            attributes: attributes)
        return Span(context, start: start, now: now) { [queue] span in queue.offer(span) }
    }

    /// Runs `body` in a span of its own, which ends with it. An error sets the span's status, unless `body` did: the
    /// error's type and its public description, never its debug description.
    public func withSpan<Result>(
        _ name: String, kind: SpanKind = .internal, parent: SpanContext? = SpanContext.current,
        attributes: SpanAttributes = SpanAttributes(), _ body: (Span) async throws -> Result
    ) async rethrows -> Result {
        let span = start(name, kind: kind, parent: parent, attributes: attributes)
        defer { span.end() }
        return try await SpanContext.$current.withValue(span.context) {
            do {
                return try await body(span)
            } catch {
                span.set(.errorType, .string(String(describing: type(of: error))))
                span.set(.error(String(describing: error)))
                throw error
            }
        }
    }
}
