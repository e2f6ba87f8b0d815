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

    /// The body of the request that hands `spans` over. Written without making values of it first: there are many spans.
    public static func request(_ spans: [FinishedSpan], from resource: TelemetryResource) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { request in
            request.objects("resourceSpans") { resourceSpans in
                resourceSpans.member("resource") { $0.object { $0.member("attributes", resource.attributes) } }
                resourceSpans.objects("scopeSpans") { scopeSpans in
                    scopeSpans.member("scope") { scope in
                        scope.object { scope in
                            scope.member("name", .string(resource.scopeName))
                            scope.member("version", .string(resource.scopeVersion))
                        }
                    }
                    scopeSpans.member("spans") { list in
                        list.array { list in for span in spans { list.element { $0.object { write(span, to: &$0) } } } }
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func write(_ span: FinishedSpan, to object: inout JSONWriter) {
        object.member("traceId", .string(span.context.traceID.hex))
        object.member("spanId", .string(span.context.spanID.hex))
        let state = span.context.traceState.header
        if !state.isEmpty { object.member("traceState", .string(state)) }
        if let parent = span.parentID { object.member("parentSpanId", .string(parent.hex)) }
        object.member("name", .string(span.name))
        object.member("kind", .integer(Int64(span.kind.rawValue)))
        object.member("startTimeUnixNano", .string(String(span.start.nanoseconds)))
        object.member("endTimeUnixNano", .string(String(span.end.nanoseconds)))
        object.member("attributes", span.attributes)
        if span.attributes.droppedCount > 0 {
            object.member("droppedAttributesCount", .integer(Int64(span.attributes.droppedCount)))
        }
        if !span.events.isEmpty {
            object.member("events") { list in
                list.array { list in for event in span.events { list.element { $0.object { write(event, to: &$0) } } } }
            }
        }
        if span.droppedEventCount > 0 {
            object.member("droppedEventsCount", .integer(Int64(span.droppedEventCount)))
        }
        object.member("status") { status in
            status.object { status in
                switch span.status {
                case .unset: break
                case .ok: status.member("code", 1)
                case .error(let message):
                    status.member("code", 2)
                    status.member("message", .string(message))
                }
            }
        }
    }

    private static func write(_ event: SpanEvent, to object: inout JSONWriter) {
        object.member("timeUnixNano", .string(String(event.time.nanoseconds)))
        object.member("name", .string(event.name))
        object.member("attributes", event.attributes)
    }
}

extension JSONWriter {
    /// A member that is an array of one object, whose members `body` writes.
    fileprivate mutating func objects(_ key: String, _ body: (inout JSONWriter) -> Void) {
        member(key) { $0.array { $0.element { $0.object(body) } } }
    }

    fileprivate mutating func member(_ key: String, _ attributes: SpanAttributes) {
        member(key) { list in
            list.array { list in
                for pair in attributes.pairs {
                    list.element { element in
                        element.object { object in
                            object.member("key", .string(pair.key.name))
                            object.member("value") { $0.object { $0.write(pair.value) } }
                        }
                    }
                }
            }
        }
    }

    private mutating func write(_ value: AttributeValue) {
        switch value {
        case .string(let text): member("stringValue", .string(text))
        case .integer(let integer): member("intValue", .string(String(integer)))
        case .number(let number): member("doubleValue", Self.double(number))
        case .bool(let flag): member("boolValue", .bool(flag))
        case .strings(let texts):
            member("arrayValue") { array in
                array.object { array in
                    array.member("values") { list in
                        list.array { list in
                            for text in texts {
                                list.element { $0.object { $0.member("stringValue", .string(text)) } }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Protobuf's JSON mapping writes what JSON has no number for as text.
    private static func double(_ number: Double) -> JSONValue {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "Infinity" : "-Infinity" }
        return .number(number)
    }
}
