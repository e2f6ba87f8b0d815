import JSONText
import Testing

@testable import Telemetry

@Suite(.timeLimit(.minutes(1))) struct SpanExporterTests {
    private let queue = SpanQueue(countMax: 100, batchCountMax: 3)
    private let sent = Collected<[String]>()
    private let pauses = Collected<Duration>()
    private let resource = TelemetryResource(serviceName: "s", serviceVersion: "1")

    private struct Down: Error {}

    private func offer(_ names: String...) {
        let tracer = Tracer(sampler: .always, queue: queue, now: ManualTime().now, random: CountingRandom().next)
        for name in names { tracer.start(name, parent: nil).end() }
    }

    private static func names(_ body: [UInt8]) -> [String] {
        let spans = (try? JSONValue.parse(body))?["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.array
        return (spans ?? []).compactMap { $0["name"]?.string }
    }

    private func exporter(
        interval: Duration = .seconds(3600), fail: @escaping @Sendable (Int) throws -> Void = { _ in }
    ) -> SpanExporter {
        var settings = SpanExporter.Settings()
        settings.interval = interval
        let tries = Collected<Void>()
        return SpanExporter(
            queue: queue, resource: resource, settings: settings,
            sleep: { [pauses] duration in
                if duration >= .seconds(3600) { return try await Task.sleep(for: duration) }
                pauses.append(duration)
            },
            send: { [sent] body in
                tries.append(())
                try fail(tries.all.count)
                sent.append(Self.names(body))
            })
    }

    @Test func `a full batch is sent at once`() async {
        async let run: Void = exporter().run()
        offer("a", "b", "c")
        #expect(await eventually { sent.all == [["a", "b", "c"]] })
        queue.finish()
        await run
    }

    @Test func `a few spans wait for the interval`() async {
        offer("a")
        let quick = exporter(interval: .seconds(1))
        async let run: Void = quick.run()
        #expect(await eventually { sent.all == [["a"]] })
        queue.finish()
        await run
        #expect(pauses.all.contains(.seconds(1)))
    }

    @Test func `what is left is flushed at the end, in batches`() async {
        offer("a", "b", "c", "d", "e")
        queue.finish()
        await exporter().run()
        #expect(sent.all == [["a", "b", "c"], ["d", "e"]])
        offer("late")
        #expect(queue.droppedCount == 1 && queue.count == 0)
    }

    @Test func `a failure is tried again after growing pauses`() async {
        offer("a")
        queue.finish()
        await exporter { attempt in if attempt < 4 { throw Down() } }.run()
        #expect(sent.all == [["a"]] && queue.droppedCount == 0)
        #expect(pauses.all == [.milliseconds(500), .seconds(1), .seconds(2)])
    }

    @Test func `a collector that stays down costs a bounded number of tries`() async {
        offer("a", "b", "c", "d")
        queue.finish()
        await exporter { _ in throw Down() }.run()
        #expect(sent.all.isEmpty && queue.droppedCount == 4 && pauses.all.count == 2 * 4)
    }

    @Test func `what the collector refuses is not sent again`() async {
        offer("a", "b", "c", "d")
        queue.finish()
        await exporter { attempt in if attempt == 1 { throw SpanExporter.Refused() } }.run()
        #expect(sent.all == [["d"]] && queue.droppedCount == 3 && pauses.all.isEmpty)
    }

    @Test func `cancelling ends the wait`() async {
        let exporter = exporter()
        let run = Task { await exporter.run() }
        await Task.yield()
        run.cancel()
        await run.value
        #expect(sent.all.isEmpty)
    }

    @Test func `spans of many tasks all arrive`() async {
        let queue = SpanQueue(countMax: 10_000, batchCountMax: 64)
        let tracer = Tracer(sampler: .always, queue: queue, now: ManualTime().now, random: CountingRandom().next)
        let exporter = SpanExporter(queue: queue, resource: resource) { [sent] in sent.append(Self.names($0)) }
        async let run: Void = exporter.run()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        await tracer.withSpan("t\(task)") { span in
                            span.set("a", 1)
                            await Task.yield()
                        }
                    }
                }
            }
        }
        queue.finish()
        await run
        let names = sent.all.flatMap { $0 }
        #expect(names.count == 800 && queue.droppedCount == 0)
        #expect((0..<8).allSatisfy { task in names.count { $0 == "t\(task)" } == 100 })
    }
}
