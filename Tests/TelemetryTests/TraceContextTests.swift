import TestRandomness
import Testing

@testable import Telemetry

@Suite struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test func `the specification's example is read and written again`() throws {
        let header = "00-\(Self.trace)-\(Self.span)-01"
        let context = try #require(
            SpanContext(traceparent: header, tracestate: ["rojo=00f067aa0ba902b7", "congo=t61"]))
        #expect(context.traceID.hex == Self.trace && context.spanID.hex == Self.span && context.isSampled)
        #expect(context.traceparent == header)
        #expect(context.traceState.header == "rojo=00f067aa0ba902b7,congo=t61")
    }

    @Test(arguments: [
        ("00-\(trace)-\(span)-00", false), ("00-\(trace)-\(span)-03", true), ("00-\(trace)-\(span)-fe", false),
        ("cc-\(trace)-\(span)-01", true), ("cc-\(trace)-\(span)-01-what-the-future-holds", true),
        ("01-\(trace)-\(span)-00-", false),
    ])
    func `valid headers, also of the future`(header: String, isSampled: Bool) {
        #expect(SpanContext(traceparent: header)?.isSampled == isSampled)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-001",
        "00-\(trace)-\(span)-01-extra", "00-\(trace)-\(span)-01-", "ff-\(trace)-\(span)-01", "0-\(trace)-\(span)-01",
        "000-\(trace)-\(span)-01", "00-00000000000000000000000000000000-\(span)-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span)-0x",
        "00-\(trace.dropLast())-\(span)-01", "00-\(trace)0-\(span)-01", "00-\(trace)-\(span.dropLast())g-01",
        " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01 ", "cc-\(trace)-\(span)-01.x",
        "00-+\(trace.dropFirst())-\(span)-01",
        "00-\(trace)-\(span)-é",
    ])
    func `malformed headers are as if absent`(header: String) { #expect(SpanContext(traceparent: header) == nil) }

    @Test(arguments: [
        "a=1", "tenant@system=x y", "1t@s=v", "a_-*/0=\u{7E}", "a=1 , b=2", "a=1,,b=2", " a=1\t",
        "k" + String(repeating: "0", count: 255) + "=" + String(repeating: "v", count: 256),
    ])
    func `valid states`(header: String) {
        #expect(TraceState(headers: [header])?.members.isEmpty == false)
    }

    @Test(arguments: [
        "a", "=1", "a=", "A=1", "1=1", "a=1,a=2", "a=b=c", "a b=1", "a@b@c=1", "a@=1", "@a=1", "a=é", "a=\u{7}",
        "k" + String(repeating: "0", count: 256) + "=1", "a=" + String(repeating: "v", count: 257),
        "a@" + String(repeating: "s", count: 15) + "=1", (0..<33).map { "k\($0)=1" }.joined(separator: ","),
    ])
    func `malformed states are left out, the parent stays`(header: String) {
        #expect(TraceState(headers: [header]) == nil)
        let context = SpanContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: [header])
        #expect(context != nil && context?.traceState.members.isEmpty == true)
    }

    @Test func `fresh ids are never zero`() {
        #expect(TraceID { 0 }.hex == "00000000000000000000000000000001")
        #expect(SpanID { 0 }.hex == "0000000000000001")
        #expect(TraceID(high: 0, low: 0) == nil && SpanID(0) == nil)
    }
}

@Suite struct SamplerTests {
    @Test(arguments: [0.01, 0.25, 0.5, 0.9])
    func `a ratio records its share, and a larger one records all of it`(ratio: Double) {
        var random = SeededRandom(seed: 5)
        var count = 0
        for _ in 0..<20_000 {
            let id = TraceID { random.next() }
            let isSampled = Sampler.ratio(ratio).isSampled(id, parent: nil)
            if isSampled { count += 1 }
            #expect(!isSampled || Sampler.ratio(min(1, ratio * 1.1)).isSampled(id, parent: nil))
        }
        #expect(abs(Double(count) / 20_000 - ratio) < 0.015)
    }

    @Test(arguments: [true, false]) func `a child follows its parent`(isSampled: Bool) throws {
        let id = try #require(TraceID(high: 1, low: .max))
        let parent = SpanContext(traceID: id, spanID: try #require(SpanID(1)), isSampled: isSampled)
        for sampler in [Sampler.always, .never, .ratio(0.5)] {
            #expect(sampler.isSampled(id, parent: parent) == isSampled)
        }
        #expect(!Sampler.ratio(0).isSampled(id, parent: nil) && Sampler.ratio(1).isSampled(id, parent: nil))
        #expect(!Sampler.ratio(.nan).isSampled(id, parent: nil))
    }
}
