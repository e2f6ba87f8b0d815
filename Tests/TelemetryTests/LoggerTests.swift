import TestRandomness
import Testing

@testable import Telemetry

@Suite struct LoggerTests {
    @Test func `fields, level, request and span reach the sink`() async {
        let records = Collected<LogRecord>()
        let time = ManualTime()
        let logger = Logger(label: "a", levelMin: .notice, sink: LogSink { records.append($0) }, now: time.now)
            .with(["x": 1, "y": 2])
        let tracer = Tracer(sampler: .always, queue: SpanQueue(), now: time.now, random: CountingRandom().next)
        var evaluated = 0
        func costly() -> String {
            evaluated += 1
            return "costly"
        }
        logger.info(costly())
        await LogContext.$current.withValue(LogContext(requestID: "req_7")) {
            await tracer.withSpan("s") { _ in logger.labelled("b").error(costly(), ["y": 3, "z": 4]) }
        }
        #expect(evaluated == 1)
        #expect(records.all.count == 1)
        let record = records.all.first
        #expect(record?.label == "b" && record?.level == .error && record?.requestID == "req_7")
        #expect(record?.span?.traceID == TraceID(high: 1, low: 2))
        #expect(record?.fields == ["x": 1, "y": 3, "z": 4])
        #expect(logger.label == "a" && logger.fields == ["x": 1, "y": 2])
    }

    @Test func `every level has its method and its name`() {
        let lines = Collected<[UInt8]>()
        let logger = Logger(label: "l", levelMin: .trace, sink: .lines(.json) { lines.append($0) })
        logger.trace("m")
        logger.debug("m")
        logger.info("m")
        logger.notice("m")
        logger.warning("m")
        logger.error("m")
        logger.critical("m")
        #expect(lines.all.count == 7)
        for (line, level) in zip(lines.all, LogLevel.allCases) {
            #expect(String(decoding: line, as: UTF8.self).contains("\"level\":\"\(level.name)\""))
            #expect(LogLevel(name: level.name.uppercased()) == level)
        }
        #expect(LogLevel(name: "loud") == nil)
    }
}

@Suite struct LogQueueTests {
    private let time = ManualTime()

    private func record(_ level: LogLevel, _ message: String) -> LogRecord {
        LogRecord(time: UnixTime(seconds: 0), level: level, label: "t", message: message)
    }

    private func messages(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            String(line.dropFirst(45))  // Time, level and label have fixed widths.
        }
    }

    private func queue(lines: Int) -> LogQueue {
        let line = LogFormat.human(isColoured: false).line(record(.info, "m0"))
        return LogQueue(byteCountMax: line.count * lines, format: .human(isColoured: false), now: time.now)
    }

    @Test func `lines come out in the order in which they went in`() {
        let queue = queue(lines: 10)
        queue.offer(record(.error, "m1"))
        queue.offer(record(.info, "m2"))
        queue.offer(record(.critical, "m3"))
        #expect(messages(queue.drain()) == ["m1", "m2", "m3"])
        #expect(queue.drain().isEmpty)
    }

    @Test func `a full queue drops the least important, oldest first, and says so`() {
        let queue = queue(lines: 3)
        queue.offer(record(.info, "m1"))
        queue.offer(record(.debug, "m2"))
        queue.offer(record(.debug, "m3"))
        queue.offer(record(.error, "m4"))
        queue.offer(record(.info, "m5"))
        queue.offer(record(.debug, "m6"))
        let lines = messages(queue.drain())
        #expect(lines.dropLast() == ["m1", "m4", "m5"])
        #expect(lines.last == "3 log lines were dropped, the queue was full dropped_debug=3")
        #expect(queue.droppedCount == 3)
        #expect(queue.drain().isEmpty)
    }

    @Test func `a line that never fits costs nothing that waits`() {
        let queue = queue(lines: 2)
        queue.offer(record(.info, "m1"))
        queue.offer(record(.critical, String(repeating: "m", count: 1000)))
        #expect(messages(queue.drain()).first == "m1")
        #expect(queue.droppedCount == 1)
    }

    @Test func `the backlog keeps its order and its bound under any load`() {
        var random = SeededRandom(seed: 7)
        var backlog = LogBacklog()
        var offered = 0
        var taken = 0
        for round in 0..<3000 {
            let level = LogLevel.allCases[Int.random(in: 0..<7, using: &random)]
            backlog.add([UInt8](repeating: 1, count: Int.random(in: 1...40, using: &random)), level, byteCountMax: 4000)
            offered += 1
            if round % 500 == 499 {
                let bytes = backlog.takeAll().lines
                #expect(bytes.count <= 4000 && bytes.count > 3900)
                taken += bytes.count
            }
        }
        #expect(taken > 0 && backlog.droppedEver > 0 && backlog.droppedEver < offered)
    }

    @Test func `a batch wakes the consumer and finish ends it`() async {
        let queue = queue(lines: 100)
        let batches = Collected<[UInt8]>()
        async let consumer: Void = {
            while let bytes = await queue.nextBatch() { batches.append(bytes) }
        }()
        queue.offer(record(.info, "m1"))
        #expect(await eventually { batches.all.count == 1 })
        queue.offer(record(.info, "m2"))
        queue.finish()
        await consumer
        #expect(batches.all.flatMap(messages) == ["m1", "m2"])
        queue.offer(record(.info, "m3"))
        #expect(queue.droppedCount == 1)
    }

    @Test func `cancelling the consumer ends its wait, before and after it began`() async {
        let queue = queue(lines: 1)
        let gate = WakeUp()
        let late = Task { await queue.nextBatch() }
        let early = Task {
            await gate.wait()
            return await LogQueue(format: .json).nextBatch()
        }
        late.cancel()
        early.cancel()
        #expect(await late.value == nil)
        #expect(await early.value == nil)
    }

    @Test func `many tasks lose no line`() async {
        let queue = LogQueue(format: .json)
        let seen = Collected<Int>()
        async let consumer: Void = {
            while let bytes = await queue.nextBatch() { seen.append(bytes.count { $0 == 0x0A }) }
        }()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let record = LogRecord(time: UnixTime(seconds: 0), level: .info, label: "t\(task)", message: "m")
                    for _ in 0..<500 { queue.offer(record) }
                }
            }
        }
        queue.finish()
        await consumer
        #expect(seen.all.reduce(0, +) == 4000 && queue.droppedCount == 0)
    }
}
