import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import Inference

/// Many callers who come, go and dawdle as they like.
@Suite(.timeLimit(.minutes(1))) struct EngineStormTests {
    private final class Counter: Sendable { let count = Atomic(0) }

    @Test func `a thousand readers that vanish at random leave nothing behind`() async throws {
        let kit = try await EngineKit(sequences: 8, batch: 32, waiting: 1_000, events: 8, cells: 900, spare: 20)
        let prefixes = (0..<4).map { String(repeating: "prefix \($0) ", count: 6) }
        let answered = Counter()
        try await withThrowingTaskGroup { group in
            for number in 0..<1_000 {
                group.addTask {
                    var random = SeededRandom(seed: UInt64(number))
                    let eventsMax = Int.random(in: 0...30, using: &random)
                    let text = "a\(number)"
                    let stream = try await kit.start("\(prefixes[number % 4])=\(text)\n") {
                        $0.scheduling.tenant = TenantID("\(number % 3)")
                        $0.scheduling.priority = Priority.allCases[number / 3 % 4]
                        $0.isReproducible = number % 50 == 0
                        $0.scheduling.reportsProgress = number % 2 == 0
                    }
                    var seen = 0
                    var written = ""
                    for try await event in stream {
                        if case .text(let more) = event { written += more }
                        if case .finished = event {
                            #expect(written == text)
                            answered.count.add(1, ordering: .relaxed)
                        }
                        seen += 1
                        if seen > eventsMax { break }
                        if number % 7 == 0 { await Task.yield() }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(answered.count.load(ordering: .relaxed) > 100)
        #expect(try await kit.ask("=still here\n").text == "still here")
        try await kit.finish()
    }

    @Test func `readers as slow as can be get every character`() async throws {
        let kit = try await EngineKit(context: 1_000, sequences: 3, events: 1)
        let long = (0..<60).map { "\($0)," }.joined()
        try await withThrowingTaskGroup { group in
            for number in 0..<9 {
                group.addTask {
                    var text = ""
                    for try await event in try await kit.start("=\(number):\(long)\n") {
                        if case .text(let more) = event { text += more }
                        for _ in 0..<5 { await Task.yield() }
                    }
                    #expect(text == "\(number):\(long)")
                }
            }
            try await group.waitForAll()
        }
        try await kit.finish()
    }

    @Test(arguments: UInt64(0)..<6) func `a stop in the middle of it all ends everybody`(seed: UInt64) async throws {
        let kit = try await EngineKit(sequences: 4, waiting: 500, events: 4, cells: 500, spare: 10)
        await withTaskGroup { group in
            for number in 0..<120 {
                group.addTask {
                    // Answered, refused or broken off; only waiting for ever would be wrong.
                    do {
                        let stream = try await kit.start("n\(number % 5) \(number)=\(number)\n") {
                            $0.scheduling.priority = Priority.allCases[number % 4]
                            $0.isReproducible = number % 9 == 0
                        }
                        if number % 4 == 0 { return }
                        _ = try await kit.read(stream)
                    } catch let error as ServiceError {
                        #expect(error.code == .shuttingDown)
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            group.addTask {
                var random = SeededRandom(seed: seed)
                let steps = UInt64.random(in: 0...60, using: &random)
                while kit.engine.heartbeat.reading.steps < steps { await Task.yield() }
                await kit.engine.stop()
            }
            await group.waitForAll()
        }
        #expect(kit.engine.heartbeat.reading.live == 0)
        #expect(kit.record.log.withLock(\.violations) == [])
    }
}
