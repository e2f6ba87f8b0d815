import Foundation
import TestRandomness
import Testing

@testable import Telemetry

@Suite struct MetricsTests {
    /// One of each, with labels that need escaping.
    private func sample() -> MetricsRegistry {
        let registry = MetricsRegistry()
        let requests = registry.counter(
            "nexus_requests_total", help: "Requests by route.\nAnd \"status\" \\.", labels: ["route", "status"])
        requests.with("/v1/chat", "200").increment(by: 3)
        requests.with("a\"b\\c\nd\r\ne\"\u{301}", "500").increment()
        registry.gauge("nexus_inflight", help: "Requests in flight.").set(2.5)
        registry.gauge("nexus_slots", help: "Slots.", labels: ["model"]) {
            [GaugeReading(4, labels: ["b"]), GaugeReading(.infinity, labels: ["a"]), GaugeReading(9, labels: ["b"])]
        }
        let latency = registry.histogram(
            "nexus_latency_seconds", help: "Latency.", labels: ["model"], buckets: HistogramBuckets([0.1, 1]))
        for value in [0.05, 0.1, 0.5, 7] { latency.with("tiny").observe(value) }
        registry.counter("nexus_busy_seconds_total", help: "Time.").add(.milliseconds(1500))
        return registry
    }

    private let golden = """
        # HELP nexus_busy_seconds_total Time.
        # TYPE nexus_busy_seconds_total counter
        nexus_busy_seconds_total 1.5
        # HELP nexus_inflight Requests in flight.
        # TYPE nexus_inflight gauge
        nexus_inflight 2.5
        # HELP nexus_latency_seconds Latency.
        # TYPE nexus_latency_seconds histogram
        nexus_latency_seconds_bucket{model="tiny",le="0.1"} 2
        nexus_latency_seconds_bucket{model="tiny",le="1"} 3
        nexus_latency_seconds_bucket{model="tiny",le="+Inf"} 4
        nexus_latency_seconds_sum{model="tiny"} 7.65
        nexus_latency_seconds_count{model="tiny"} 4
        # HELP nexus_requests_total Requests by route.\\nAnd "status" \\\\.
        # TYPE nexus_requests_total counter
        nexus_requests_total{route="/v1/chat",status="200"} 3
        nexus_requests_total{route="a\\"b\\\\c\\nd\r\\ne\\"\u{301}",status="500"} 1
        # HELP nexus_slots Slots.
        # TYPE nexus_slots gauge
        nexus_slots{model="a"} +Inf
        nexus_slots{model="b"} 4

        """

    @Test func `the text format, byte by byte`() {
        #expect(Array(sample().prometheusText().utf8) == Array(golden.utf8))
    }

    private static let promtool = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":")
        .map { "\($0)/promtool" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: promtool != nil, "promtool is not on PATH"))
    func `promtool accepts the text`() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.promtool))
        process.arguments = ["check", "metrics"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(sample().prometheusText().utf8))
        try input.fileHandleForWriting.close()
        let complaint = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(complaint == "")
    }

    @Test func `label values beyond the bound share one series`() {
        let registry = MetricsRegistry()
        let family = registry.counter("hits_total", help: "h", labels: ["user"], seriesCountMax: 3)
        for user in 0..<1000 { family.with("u\(user)").increment() }
        family.with("u1").increment()
        let text = registry.prometheusText()
        #expect(text.contains("hits_total{user=\"u1\"} 2\n"))
        #expect(text.contains("hits_total{user=\"__other__\"} 997\n"))
        #expect(text.contains("telemetry_series_overflow_total{metric=\"hits_total\"} 997\n"))
        #expect(text.split(separator: "\n").count { $0.hasPrefix("hits_total") } == 4)
    }

    @Test func `a label value has a bounded length`() {
        let registry = MetricsRegistry()
        let family = registry.gauge("g", help: "h", labels: ["l"])
        family.with(String(repeating: "é", count: 1000)).set(1)
        family.with("x" + String(repeating: "é", count: 1000)).set(1)
        #expect(registry.prometheusText().utf8.count < 700)
    }

    @Test func `the same name gives the same metric`() async {
        let registry = MetricsRegistry()
        registry.counter("a_total", help: "h").increment()
        registry.counter("a_total", help: "h").increment()
        #expect(registry.counter("a_total", help: "h").value == 2)
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("a", help: "no suffix") }
        await #expect(processExitsWith: .failure) {
            let registry = MetricsRegistry()
            _ = registry.gauge("g", help: "h")
            registry.gauge("g", help: "h") { [] }
        }
        await #expect(processExitsWith: .failure) {
            _ = MetricsRegistry().gauge("g{x=\"1\"} 5\n", help: "a name from outside")
        }
    }

    @Test func `bounds are inclusive and NaN is ignored`() {
        let histogram = MetricsRegistry().histogram("h", help: "h", buckets: HistogramBuckets([1, 2, 3]))
        for value in [0, 1, 1.0001, 2, 3, 4, -5, .infinity, .nan] { histogram.observe(value) }
        #expect(histogram.value.counts == [3, 2, 1, 2])
        #expect(histogram.value.count == 8)
        histogram.observe(.milliseconds(2500))
        #expect(histogram.value.counts == [3, 2, 2, 2])
    }

    @Test func `a bucket is found as a linear search would find it`() {
        var random = SeededRandom(seed: 11)
        for buckets in [HistogramBuckets.latencySeconds, .tokens, HistogramBuckets([0])] {
            for _ in 0..<500 {
                let value = Double.random(in: -1...200_000, using: &random) / Double.random(in: 1...1e6, using: &random)
                #expect(buckets.index(of: value) == buckets.bounds.firstIndex { value <= $0 } ?? buckets.bounds.count)
            }
        }
    }

    @Test func `many tasks at once count exactly`() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("c_total", help: "h")
        let seconds = registry.counter("s_total", help: "h")
        let gauge = registry.gauge("g", help: "h")
        let histogram = registry.histogram("h", help: "h", buckets: .tokens)
        let family = registry.counter("f_total", help: "h", labels: ["l"], seriesCountMax: 4)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    for step in 0..<1000 {
                        counter.increment()
                        seconds.add(.milliseconds(500))
                        gauge.add(step.isMultiple(of: 2) ? 1 : -1)
                        histogram.observe(Double(step % 8))
                        family.with("\(task % 8)").increment()
                        if step % 250 == 0 { _ = registry.prometheusText() }
                    }
                }
            }
        }
        #expect(counter.value == 16_000 && seconds.value == 8000 && gauge.value == 0)
        #expect(histogram.value.count == 16_000 && histogram.value.sum == 16 * 125 * 28)
        let total = family.snapshot.series.reduce(0) { $0 + $1.series.value }
        #expect(total == 16_000)
        #expect(family.snapshot.series.count == 5)
    }
}
