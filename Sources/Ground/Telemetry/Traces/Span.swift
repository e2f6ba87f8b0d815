import Synchronization

/// One piece of work with a beginning and an end. Any thread may add to it until it is over; later additions are ignored.
///
/// A span that is not sampled keeps nothing; its context still travels on.
public final class Span: Sendable {
    public let context: SpanContext
    private let now: @Sendable () -> UnixTime
    private let finish: @Sendable (FinishedSpan) -> Void
    /// `nil` when it is not sampled or is over.
    private let state: Mutex<FinishedSpan?>

    init(
        _ context: SpanContext, start: FinishedSpan, now: @escaping @Sendable () -> UnixTime,
        finish: @escaping @Sendable (FinishedSpan) -> Void
    ) {
        self.context = context
        self.now = now
        self.finish = finish
        state = Mutex(context.isSampled ? start : nil)
    }

    public var isRecording: Bool { state.withLock { $0 != nil } }

    public func set(_ key: AttributeKey, _ value: AttributeValue) { state.withLock { $0?.attributes[key] = value } }

    /// A point in time inside the span. At most `FinishedSpan.eventCountMax` are kept, the rest is counted.
    public func add(event name: String, _ attributes: SpanAttributes = SpanAttributes()) {
        let time = now()
        state.withLock { span in
            guard let count = span?.events.count else { return }
            guard count < FinishedSpan.eventCountMax else {
                span?.droppedEventCount += 1
                return
            }
            span?.events.append(SpanEvent(name: name, time: time, attributes: attributes))
        }
    }

    /// How it went. Nothing set means "nobody said"; of several the last counts.
    public func set(_ status: SpanStatus) { state.withLock { $0?.status = status } }

    /// Ends the span and hands it to the queue. Further calls do nothing.
    public func end() {
        let end = now()
        let finished = state.withLock { span -> FinishedSpan? in
            span?.end = end
            return span.take()
        }
        if let finished { finish(finished) }
    }
}

/// What kind of work a span is, with OTLP's numbers.
public enum SpanKind: Int, Sendable {
    case `internal` = 1
    case server = 2
    case client = 3
    case producer = 4
    case consumer = 5
}

public enum SpanStatus: Sendable, Hashable {
    case unset
    case ok
    case error(String)
}

public struct SpanEvent: Sendable, Hashable {
    public let name: String
    public let time: UnixTime
    public let attributes: SpanAttributes
}

/// A span that is over, as it is exported.
public struct FinishedSpan: Sendable, Hashable {
    public let context: SpanContext
    public let parentID: SpanID?
    public let name: String
    public let kind: SpanKind
    public let start: UnixTime
    public internal(set) var end: UnixTime
    public internal(set) var attributes: SpanAttributes
    public internal(set) var events: [SpanEvent] = []
    public internal(set) var droppedEventCount = 0
    public internal(set) var status = SpanStatus.unset

    /// OpenTelemetry's default, "EventCountLimit".
    public static let eventCountMax = 128
}
