import OpenAIAPI
import Synchronization
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(1))) struct DetachedAnswersTests {
    private typealias Answers = DetachedAnswers<String, String>

    private let bounds = Answers.Bounds()
    private let clock = HandSleep()

    private func open() -> Answers {
        DetachedAnswers(bytes: \.utf8.count, sleep: { [clock] _ in try await clock.sleep() })
    }

    /// Writes a first event and then nothing; the last one says that it was ended.
    private static func endless(_ log: EventLog<String>) async {
        log.append(["first"])
        do { try await Task.sleep(for: .seconds(3_600)) } catch { log.append(["ended"]) }
    }

    private func events(_ answers: Answers, _ id: String, of owner: String = "ann") async throws -> [String]? {
        try await answers.reading(id, of: owner) { log in
            let seen = Mutex<[String]>([])
            try await log.follow(after: -1) { event in seen.withLock { $0.append(event) } }
            return seen.withLock(\.self)
        }
    }

    @Test func `one user cannot have all places`() async throws {
        let answers = open()
        for number in 0..<bounds.runningMaxOfOne {
            try answers.start("a\(number)", of: "ann", parameter: "x") { await Self.endless($0) }
        }
        let failure = #expect(throws: ServiceError.self) {
            try answers.start("more", of: "ann", parameter: "x") { await Self.endless($0) }
        }
        #expect(failure?.code == .overloaded && failure?.parameter == "x")
        try answers.start("b", of: "bob", parameter: "x") { await Self.endless($0) }
        #expect(answers.log("a0", of: "bob") == nil && answers.log("a0", of: "ann") != nil)
        #expect(try await events(answers, "a0", of: "bob") == nil)
        #expect(await !answers.cancel("a0", of: "bob"))
        #expect(await answers.cancel("a0", of: "ann"))
        #expect(answers.isCancelled("a0") && !answers.isCancelled("a1"))
        // Its place is free again.
        try answers.start("more", of: "ann", parameter: "x") { await Self.endless($0) }
        await answers.shutDown()
        #expect(!answers.isCancelled("a1"))
        let late = #expect(throws: ServiceError.self) { try answers.start("late", of: "ann", parameter: "x") { _ in } }
        #expect(late?.code == .shuttingDown)
    }

    @Test func `events of finished ones are kept for the newest`() async throws {
        let answers = open()
        for number in 0...bounds.finishedMax {
            try answers.start("r\(number)", of: "ann", parameter: "x") { $0.append(["x"]) }
            #expect(try await events(answers, "r\(number)") == ["x"])
            // Its place is given back after its last event.
            while answers.isRunning("r\(number)") { await Task.yield() }
        }
        #expect(answers.log("r0", of: "ann") == nil)
        #expect(answers.log("r\(bounds.finishedMax)", of: "ann") != nil)
        #expect(clock.count == 0, "nobody said how long")
    }

    @Test func `one that nobody reads in time is ended, told why, and forgotten in time`() async throws {
        let answers = open()
        try answers.start("a", of: "ann", parameter: "x", patience: .seconds(60)) { await Self.endless($0) }
        try await clock.sleepers(1)
        clock.pass()
        while answers.isRunning("a") { await Task.yield() }
        #expect(answers.fault("a").code == .timeout && !answers.isCancelled("a"))
        // Who comes too late for the rest still finds what there was.
        #expect(try await events(answers, "a") == ["first", "ended"])
        try await clock.sleepers(1)
        clock.pass()
        while answers.log("a", of: "ann") != nil { await Task.yield() }
        #expect(try await events(answers, "a") == nil)
    }

    @Test func `a reader keeps it going, and so does the next one`() async throws {
        let answers = open()
        try answers.start("a", of: "ann", parameter: "x", patience: .seconds(60)) { await Self.endless($0) }
        for _ in 0..<3 {
            try await clock.sleepers(1)
            let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
            let readers = (0..<2).map { _ in
                Task {
                    try await answers.reading("a", of: "ann") { log in
                        arrival.yield()
                        try await log.follow(after: -1) { _ in }
                    }
                }
            }
            var arrived = arrivals.makeAsyncIterator()
            for _ in readers { await arrived.next() }
            try await clock.sleepers(0)
            readers[0].cancel()
            await #expect(throws: CancellationError.self) { try await readers[0].value }
            #expect(clock.count == 0 && answers.isRunning("a"), "there is another reader")
            readers[1].cancel()
            await #expect(throws: CancellationError.self) { try await readers[1].value }
        }
        try await clock.sleepers(1)
        #expect(answers.isRunning("a"))
        await answers.shutDown()
        try await clock.sleepers(0)
    }
}

/// A clock whose sleepers wake when a test says so.
private final class HandSleep: Sendable {
    private struct State {
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    var count: Int { state.withLock(\.waiting.count) }

    /// Returns when so many sleep.
    func sleepers(_ number: Int) async throws {
        while count != number {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func sleep() async throws {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    guard state.cancelled.remove(key) == nil else { return true }
                    state.waiting[key] = continuation
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let found = state.waiting.removeValue(forKey: key)
                if found == nil { state.cancelled.insert(key) }
                return found
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// Wakes all of them.
    func pass() {
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }
}
