import OpenAIAPI
import Synchronization
import TestRandomness
import Testing
import Vocabulary

@Suite struct EventLogTests {
    private let log = EventLog<String>(bytesMax: 16 << 20) { $0.utf8.count }

    @Test(arguments: 1...10) func `every reader gets every event after its own, whenever it comes`(
        seed: UInt64
    ) async throws {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...200, using: &random)
        let starts = (0..<6).map { _ in Int.random(in: -1..<count, using: &random) }
        let seen = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
            for start in starts {
                group.addTask { [log] in
                    let events = Mutex<[String]>([])
                    try await log.follow(after: start) { event in events.withLock { $0.append(event) } }
                    return (start, events.withLock(\.self))
                }
            }
            for number in 0..<count {
                log.append(["\(number)"])
                if number % 7 == 0 { await Task.yield() }
            }
            log.finish()
            var seen: [(Int, [String])] = []
            for try await one in group { seen.append(one) }
            return seen
        }
        #expect(seen.count == starts.count)
        for (start, events) in seen { #expect(events == ((start + 1)..<count).map { "\($0)" }) }
        // One that comes late reads the same.
        let late = Mutex<[String]>([])
        try await log.follow(after: -1) { event in late.withLock { $0.append(event) } }
        #expect(late.withLock(\.count) == count)
    }

    @Test func `more than is kept is an error, and not a gap`() async throws {
        let piece = String(repeating: "x", count: 1 << 20)
        for _ in 0..<16 { #expect(log.append([piece])) }
        #expect(!log.append(["x"]))
        log.finish()
        await #expect(throws: ServiceError.self) { try await log.follow(after: -1) { _ in } }
    }

    @Test func `a reader that goes is let go`() async throws {
        let reader = Task { [log] in try await log.follow(after: -1) { _ in } }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }
}
