import Conversations
import Streaming
import Synchronization
import TestRandomness
import Testing
import Vocabulary

@testable import ResponsesAPI

@Suite struct LiveResponseTests {
    private func event(_ number: Int, bytes: Int = 1) -> ServerSentEvent {
        ServerSentEvent(event: "e", data: "\(number) " + String(repeating: "x", count: bytes))
    }

    @Test(arguments: 1...10) func `every reader gets every event after its own, whenever it comes`(
        seed: UInt64
    ) async throws {
        var random = SeededRandom(seed: seed)
        let live = LiveResponse()
        let count = Int.random(in: 1...200, using: &random)
        let starts = (0..<6).map { _ in Int.random(in: -1..<count, using: &random) }
        let seen = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
            for start in starts {
                group.addTask {
                    let events = Mutex<[String]>([])
                    try await live.follow(after: start) { event in events.withLock { $0.append(event.data) } }
                    return (start, events.withLock(\.self))
                }
            }
            for number in 0..<count {
                live.append([event(number)])
                if number % 7 == 0 { await Task.yield() }
            }
            live.finish()
            var seen: [(Int, [String])] = []
            for try await one in group { seen.append(one) }
            return seen
        }
        #expect(seen.count == starts.count)
        for (start, events) in seen { #expect(events == ((start + 1)..<count).map { event($0).data }) }
        // One that comes late reads the same.
        let late = Mutex<[String]>([])
        try await live.follow(after: -1) { event in late.withLock { $0.append(event.data) } }
        #expect(late.withLock(\.count) == count)
    }

    @Test func `more than is kept is an error, and not a gap`() async throws {
        let live = LiveResponse()
        for number in 0..<17 { live.append([event(number, bytes: 1 << 20)]) }
        live.finish()
        await #expect(throws: ServiceError.self) { try await live.follow(after: -1) { _ in } }
    }

    @Test func `a reader that goes is let go`() async throws {
        let live = LiveResponse()
        let reader = Task { try await live.follow(after: -1) { _ in } }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }
}

@Suite struct BackgroundResponsesTests {
    private let ann = DataOwner(tenant: .none, user: UserID("ann"))
    private let bob = DataOwner(tenant: .none, user: UserID("bob"))

    private func endless(_ live: LiveResponse) async {
        do { try await Task.sleep(for: .seconds(3_600)) } catch { return }
    }

    @Test func `one user cannot have all places`() async throws {
        let background = BackgroundResponses()
        for number in 0..<BackgroundResponses.runningMaxOfOne {
            _ = try background.start("a\(number)", of: ann) { await endless($0) }
        }
        let failure = #expect(throws: ServiceError.self) {
            _ = try background.start("more", of: ann) { await endless($0) }
        }
        #expect(failure?.code == .overloaded)
        _ = try background.start("b", of: bob) { await endless($0) }
        #expect(background.live("a0", of: bob) == nil && background.live("a0", of: ann) != nil)
        #expect(await !background.cancel("a0", of: bob))
        #expect(await background.cancel("a0", of: ann))
        #expect(background.isCancelled("a0") && !background.isCancelled("a1"))
        // Its place is free again.
        _ = try background.start("more", of: ann) { await endless($0) }
        await background.shutDown()
        #expect(!background.isCancelled("a1"))
        let late = #expect(throws: ServiceError.self) { _ = try background.start("late", of: ann) { _ in } }
        #expect(late?.code == .shuttingDown)
    }

    @Test func `events of finished ones are kept for the newest`() async throws {
        let background = BackgroundResponses()
        for number in 0...BackgroundResponses.finishedMax {
            let live = try background.start("r\(number)", of: ann) { $0.append([ServerSentEvent(data: "x")]) }
            try await live.follow(after: -1) { _ in }
            // Its place is given back after its last event.
            while background.isRunning("r\(number)") { await Task.yield() }
        }
        #expect(background.live("r0", of: ann) == nil)
        #expect(background.live("r\(BackgroundResponses.finishedMax)", of: ann) != nil)
    }
}
