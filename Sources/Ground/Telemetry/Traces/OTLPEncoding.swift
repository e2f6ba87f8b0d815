public import JSONText

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

    public static func request(_ spans: [FinishedSpan], from resource: TelemetryResource) -> JSONValue {
        [
            "resourceSpans": [
                [
                    "resource": ["attributes": attributes(resource.attributes)],
                    "scopeSpans": [
                        [
                            "scope": ["name": .string(resource.scopeName), "version": .string(resource.scopeVersion)],
                            "spans": .array(spans.map(span)),
                        ]
                    ],
                ]
            ]
        ]
    }

    private static func span(_ span: FinishedSpan) -> JSONValue {
        var object: JSONObject = [
            "traceId": .string(span.context.traceID.hex), "spanId": .string(span.context.spanID.hex),
        ]
        let state = span.context.traceState.header
        if !state.isEmpty { object["traceState"] = .string(state) }
        if let parent = span.parentID { object["parentSpanId"] = .string(parent.hex) }
        object["name"] = .string(span.name)
        object["kind"] = .integer(Int64(span.kind.rawValue))
        object["startTimeUnixNano"] = .string(String(span.start.nanoseconds))
        object["endTimeUnixNano"] = .string(String(span.end.nanoseconds))
        object["attributes"] = attributes(span.attributes)
        if span.attributes.droppedCount > 0 {
            object["droppedAttributesCount"] = .integer(Int64(span.attributes.droppedCount))
        }
        if !span.events.isEmpty { object["events"] = .array(span.events.map(event)) }
        if span.droppedEventCount > 0 { object["droppedEventsCount"] = .integer(Int64(span.droppedEventCount)) }
        switch span.status {
        case .unset: object["status"] = [:]
        case .ok: object["status"] = ["code": 1]
        case .error(let message): object["status"] = ["code": 2, "message": .string(message)]
        }
        return .object(object)
    }

    private static func event(_ event: SpanEvent) -> JSONValue {
        [
            "timeUnixNano": .string(String(event.time.nanoseconds)), "name": .string(event.name),
            "attributes": attributes(event.attributes),
        ]
    }

    private static func attributes(_ attributes: SpanAttributes) -> JSONValue {
        .array(attributes.pairs.map { ["key": .string($0.key.name), "value": value($0.value)] })
    }

    private static func value(_ value: AttributeValue) -> JSONValue {
        switch value {
        case .string(let text): ["stringValue": .string(text)]
        case .integer(let integer): ["intValue": .string(String(integer))]
        case .number(let number): ["doubleValue": double(number)]
        case .bool(let flag): ["boolValue": .bool(flag)]
        case .strings(let texts):
            ["arrayValue": ["values": .array(texts.map { ["stringValue": .string($0)] })]]
        }
    }

    /// Protobuf's JSON mapping writes what JSON has no number for as text.
    private static func double(_ number: Double) -> JSONValue {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "Infinity" : "-Infinity" }
        return .number(number)
    }
}
