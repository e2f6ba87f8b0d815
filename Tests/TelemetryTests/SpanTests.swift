import JSONText
import Testing

@testable import Telemetry

@Suite struct SpanTests {
    private let time = ManualTime(UnixTime(seconds: 1000))
    private let queue = SpanQueue(countMax: 4, batchCountMax: 2)

    private func tracer(_ sampler: Sampler = .always) -> Tracer {
        Tracer(sampler: sampler, queue: queue, now: time.now, random: CountingRandom().next)
    }

    private struct Broken: Error, CustomStringConvertible {
        var description: String { "it broke" }
    }

    @Test func `children find their parent through the task`() async {
        let tracer = tracer()
        await tracer.withSpan("outer", kind: .server) { outer in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await tracer.withSpan("inner") { inner in
                        #expect(SpanContext.current == inner.context)
                        #expect(inner.context.traceID == outer.context.traceID)
                    }
                }
            }
            #expect(SpanContext.current == outer.context)
        }
        #expect(SpanContext.current == nil)
        let spans = queue.take()
        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans.first?.parentID == spans.last?.context.spanID && spans.last?.parentID == nil)
    }

    @Test func `a remote parent and its state are carried on`() throws {
        let remote = try #require(
            SpanContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: ["a=1"]))
        let span = tracer(.never).start("chat", parent: remote)
        #expect(span.isRecording && span.context.traceID == remote.traceID && span.context.traceState.header == "a=1")
        #expect(span.context.spanID != remote.spanID)
    }

    @Test func `an error is the span's status and goes on to the caller`() async {
        await #expect(throws: Broken.self) { try await tracer().withSpan("s") { _ in throw Broken() } }
        let span = queue.take().first
        #expect(span?.status == .error("it broke"))
        #expect(span?.attributes[.errorType] == "Broken")
    }

    @Test func `a span ends once, and what comes later is ignored`() {
        let span = tracer().start("s")
        time.advance(by: .seconds(2))
        span.end()
        span.set("late", true)
        span.add(event: "late")
        span.end()
        let spans = queue.take()
        #expect(spans.count == 1 && spans.first?.attributes.pairs.isEmpty == true)
        #expect(spans.first?.end == UnixTime(seconds: 1002))
    }

    @Test func `a span that is not sampled is not kept`() {
        let span = tracer(.never).start("s")
        span.set("a", 1)
        #expect(!span.isRecording && span.context.traceparent.hasSuffix("-00"))
        span.end()
        #expect(queue.count == 0)
    }

    @Test func `attributes, events and the queue are bounded and count what they lose`() {
        let span = tracer().start("s")
        for number in 0..<200 {
            span.set(AttributeKey("k\(number)"), .integer(Int64(number)))
            span.add(event: "e")
        }
        span.set("k0", .string(String(repeating: "é", count: 100_000)))
        span.end()
        let finished = queue.take().first
        #expect(finished?.attributes.pairs.count == 128 && finished?.attributes.droppedCount == 72)
        #expect(finished?.events.count == 128 && finished?.droppedEventCount == 72)
        if case .string(let text) = finished?.attributes["k0"] { #expect(text.utf8.count == 65_536) }
        for _ in 0..<7 { tracer().start("s").end() }
        #expect(queue.count == 4 && queue.droppedCount == 3)
    }

    @Test func `the OTLP request, byte by byte`() throws {
        let remote = try #require(
            SpanContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: ["a=1"]))
        let span = tracer().start("chat", kind: .server, parent: remote, attributes: [.requestModel: "tiny-chat"])
        time.advance(by: .milliseconds(5))
        span.add(event: "first token", ["n": 1])
        span.set(.usageInputTokens, .integer(.max))
        span.set(.responseFinishReasons, .strings(["stop"]))
        span.set("ratio", 0.5)
        span.set("bad", .number(.infinity))
        span.set("yes", true)
        span.set(.error("no\nway"))
        time.advance(by: .milliseconds(5))
        span.end()
        tracer().start("root", parent: nil).end()
        let request = OTLPEncoding.request(
            queue.take(), from: TelemetryResource(serviceName: "nexus", serviceVersion: "1.0"))
        #expect(
            String(decoding: request, as: UTF8.self) == """
                {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"nexus"}},\
                {"key":"service.version","value":{"stringValue":"1.0"}}]},"scopeSpans":[{"scope":\
                {"name":"llama-nexus","version":"1.0"},"spans":[\
                {"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"0000000000000001","traceState":"a=1",\
                "parentSpanId":"00f067aa0ba902b7","name":"chat","kind":2,"startTimeUnixNano":"1000000000000",\
                "endTimeUnixNano":"1000010000000","attributes":[\
                {"key":"gen_ai.request.model","value":{"stringValue":"tiny-chat"}},\
                {"key":"gen_ai.usage.input_tokens","value":{"intValue":"9223372036854775807"}},\
                {"key":"gen_ai.response.finish_reasons","value":{"arrayValue":{"values":[{"stringValue":"stop"}]}}},\
                {"key":"ratio","value":{"doubleValue":0.5}},{"key":"bad","value":{"doubleValue":"Infinity"}},\
                {"key":"yes","value":{"boolValue":true}}],"events":[{"timeUnixNano":"1000005000000",\
                "name":"first token","attributes":[{"key":"n","value":{"intValue":"1"}}]}],\
                "status":{"code":2,"message":"no\\nway"}},\
                {"traceId":"00000000000000010000000000000002","spanId":"0000000000000003","name":"root","kind":1,\
                "startTimeUnixNano":"1000010000000","endTimeUnixNano":"1000010000000","attributes":[],"status":{}}]}]}]}
                """)
    }
}
