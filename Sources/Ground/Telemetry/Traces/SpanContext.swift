/// What crosses process boundaries of a span: the trace, the span, whether it is recorded, and the vendors' state.
public struct SpanContext: Sendable, Hashable {
    public let traceID: TraceID
    public let spanID: SpanID
    public let isSampled: Bool
    public let traceState: TraceState

    public init(traceID: TraceID, spanID: SpanID, isSampled: Bool, traceState: TraceState = TraceState()) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.traceState = traceState
    }

    /// The span in which the current task works. Set by `Tracer.withSpan`.
    @TaskLocal public static var current: SpanContext?

    /// The value of the `traceparent` header, version 00. Source: W3C Trace Context, section 3.2.
    public var traceparent: String {
        // A version, 32 and 16 digits, flags, and what stands between.
        String(unsafeUninitializedCapacity: 55) { text in
            _ = text.initialize(fromContentsOf: "00-".utf8)
            writeHex(traceID.high, to: text, at: 3)
            writeHex(traceID.low, to: text, at: 19)
            text[35] = UInt8(ascii: "-")
            writeHex(spanID.bits, to: text, at: 36)
            _ = text[52...].initialize(fromContentsOf: (isSampled ? "-01" : "-00").utf8)
            return 55
        }
    }

    /// Reads the headers of a request. A `traceparent` that breaks the rules is as if it were absent; `tracestate` is
    /// looked at only beside a valid one, and left out when malformed (section 3.3).
    ///
    /// Versions above 00 are read as 00 when they begin like it and go on with `-` or nothing; `ff` is invalid.
    public init?(traceparent: String, tracestate: [String] = []) {
        let parts = traceparent.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, let version = strictHex(parts[0]), version != 0xFF,
            parts.count == 4 || version > 0, let traceID = TraceID(hex: parts[1]), let spanID = SpanID(hex: parts[2]),
            parts[3].utf8.count == 2, let flags = strictHex(parts[3])
        else { return nil }
        self.init(
            traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1,
            traceState: TraceState(headers: tracestate) ?? TraceState())
    }
}
