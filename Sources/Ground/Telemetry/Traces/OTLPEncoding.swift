import JSONText

/// Who sends the spans: `service.name` and the like.
public struct TelemetryResource: Sendable {
    public var attributes: SpanAttributes
    public var scopeName: String
    public var scopeVersion: String

    public init(serviceName: String, serviceVersion: String, scopeName: String = "llama-nexus") {
        attributes = ["service.name": .string(serviceName), "service.version": .string(serviceVersion)]
        self.scopeName = scopeName
        scopeVersion = serviceVersion
    }
}

/// Spans as OTLP's `ExportTraceServiceRequest` in JSON: ids in hexadecimal, 64-bit integers as strings, camel case.
///
/// Source: opentelemetry-proto `trace.proto` and "OTLP/HTTP, JSON Protobuf Encoding".
public enum OTLPEncoding {
    /// Where collectors take it, below their base URL.
    public static let path = "/v1/traces"
    public static let mediaType = "application/json"

    /// The body of the request that hands `spans` over. Written word by word: there are many spans, and their form is always the
    /// same.
    public static func request(_ spans: [FinishedSpan], from resource: TelemetryResource) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(512 + spans.count * Self.spanBytesLikely)
        text.append(literal: #"{"resourceSpans":[{"resource":{"attributes":"#)
        text.append(resource.attributes)
        text.append(literal: #"},"scopeSpans":[{"scope":{"name":"#)
        text.append(quoted: resource.scopeName)
        text.append(literal: #","version":"#)
        text.append(quoted: resource.scopeVersion)
        text.append(literal: #"},"spans":["#)
        for place in spans.indices {
            if place > 0 { text.append(UInt8(ascii: ",")) }
            text.append(spans[place])
        }
        text.append(literal: "]}]}]}")
        return text
    }

    /// What most spans take. Room for all of them is made once.
    private static let spanBytesLikely = 768
}

extension [UInt8] {
    fileprivate mutating func append(_ span: FinishedSpan) {
        append(literal: #"{"traceId":""#)
        append(hex: span.context.traceID.high)
        append(hex: span.context.traceID.low)
        append(literal: #"","spanId":""#)
        append(hex: span.context.spanID.bits)
        let state = span.context.traceState.header
        if !state.isEmpty {
            append(literal: #"","traceState":"#)
            append(quoted: state)
            // The quote is part of what follows, as after the ids.
            removeLast()
        }
        if let parent = span.parentID {
            append(literal: #"","parentSpanId":""#)
            append(hex: parent.bits)
        }
        append(literal: #"","name":"#)
        append(quoted: span.name)
        append(literal: #","kind":"#)
        append(decimal: Int64(span.kind.rawValue))
        append(literal: #","startTimeUnixNano":""#)
        append(decimal: span.start.nanoseconds)
        append(literal: #"","endTimeUnixNano":""#)
        append(decimal: span.end.nanoseconds)
        append(literal: #"","attributes":"#)
        append(span.attributes)
        append(countOf: #","droppedAttributesCount":"#, span.attributes.droppedCount)
        if !span.events.isEmpty {
            append(literal: #","events":["#)
            for place in span.events.indices {
                if place > 0 { append(UInt8(ascii: ",")) }
                append(span.events[place])
            }
            append(UInt8(ascii: "]"))
        }
        append(countOf: #","droppedEventsCount":"#, span.droppedEventCount)
        append(literal: #","status":{"#)
        switch span.status {
        case .unset: break
        case .ok: append(literal: #""code":1"#)
        case .error(let message):
            append(literal: #""code":2,"message":"#)
            append(quoted: message)
        }
        append(literal: "}}")
    }

    /// A member that is left out where it is nothing.
    private mutating func append(countOf member: StaticString, _ count: Int) {
        guard count > 0 else { return }
        append(literal: member)
        append(decimal: Int64(count))
    }

    private mutating func append(_ event: SpanEvent) {
        append(literal: #"{"timeUnixNano":""#)
        append(decimal: event.time.nanoseconds)
        append(literal: #"","name":"#)
        append(quoted: event.name)
        append(literal: #","attributes":"#)
        append(event.attributes)
        append(UInt8(ascii: "}"))
    }

    fileprivate mutating func append(_ attributes: SpanAttributes) {
        append(UInt8(ascii: "["))
        // By index: an iterator would count the texts of each pair in and out.
        let pairs = attributes.pairs
        for place in pairs.indices {
            append(literal: place > 0 ? #",{"key":"# : #"{"key":"#)
            append(quoted: pairs[place].key.name)
            append(literal: #","value":{"#)
            append(pairs[place].value)
            append(literal: "}}")
        }
        append(UInt8(ascii: "]"))
    }

    private mutating func append(_ value: AttributeValue) {
        switch value {
        case .string(let text):
            append(literal: #""stringValue":"#)
            append(quoted: text)
        case .integer(let integer):
            append(literal: #""intValue":""#)
            append(decimal: integer)
            append(UInt8(ascii: "\""))
        case .number(let number):
            append(literal: #""doubleValue":"#)
            append(double: number)
        case .bool(let flag): append(literal: flag ? #""boolValue":true"# : #""boolValue":false"#)
        case .strings(let texts):
            append(literal: #""arrayValue":{"values":["#)
            for place in texts.indices {
                append(literal: place > 0 ? #",{"stringValue":"# : #"{"stringValue":"#)
                append(quoted: texts[place])
                append(UInt8(ascii: "}"))
            }
            append(literal: "]}")
        }
    }

    /// Protobuf's JSON mapping writes what JSON has no number for as text.
    private mutating func append(double number: Double) {
        if number.isNaN {
            append(literal: "\"NaN\"")
        } else if number.isInfinite {
            append(literal: number > 0 ? "\"Infinity\"" : "\"-Infinity\"")
        } else {
            append(text: String(number))
        }
    }
}
