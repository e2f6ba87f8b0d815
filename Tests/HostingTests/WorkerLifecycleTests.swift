import Hosting
import TestRandomness
import Testing

typealias Lifecycle = WorkerLifecycle<Int, ManualInstant>

/// Seconds since the test began.
struct ManualInstant: InstantProtocol {
    var elapsed: Duration
    func advanced(by duration: Duration) -> ManualInstant { ManualInstant(elapsed: elapsed + duration) }
    func duration(to other: ManualInstant) -> Duration { other.elapsed - elapsed }
    static func < (left: ManualInstant, right: ManualInstant) -> Bool { left.elapsed < right.elapsed }
    static func at(_ seconds: Double) -> ManualInstant { ManualInstant(elapsed: .seconds(seconds)) }
}

@Suite struct WorkerLifecycleTests {
    @Test func `callers wait for the start and are granted in order`() {
        var worker = Lifecycle()
        #expect(worker.wait(1) == .refuse(1, .stopped))
        #expect(worker.start() == .launch(attempt: 1))
        #expect(worker.wait(1) == .wait)
        #expect(worker.wait(2) == .wait)
        #expect(worker.start() == .nothing)
        #expect(worker.becameReady(attempt: 1, at: .at(1)) == .grant([1, 2]))
        #expect(worker.wait(3) == .grant(3))
    }

    @Test func `a crash in service starts the worker again at once, the next one waits`() {
        var random = SeededRandom(seed: 1)
        var worker = Lifecycle()
        #expect(worker.start() == .launch(attempt: 1))
        #expect(worker.becameReady(attempt: 1, at: .at(1)) == .grant([]))
        #expect(worker.exited(attempt: 1, .signal(11), at: .at(2), using: &random) == .launch(attempt: 2))
        #expect(worker.wait(1) == .wait)
        #expect(worker.becameReady(attempt: 2, at: .at(3)) == .grant([1]))
        guard case .wakeUp(let until) = worker.exited(attempt: 2, .status(1), at: .at(4), using: &random) else {
            Issue.record("the second crash in a row must wait")
            return
        }
        #expect((ManualInstant.at(4.25)...(.at(4.5))).contains(until))
        #expect(worker.wait(2) == .wait)
        #expect(worker.backoffElapsed(at: .at(4)) == .nothing)
        #expect(worker.backoffElapsed(at: until) == .launch(attempt: 3))
        #expect(worker.backoffElapsed(at: until) == .nothing)
        #expect(worker.becameReady(attempt: 3, at: .at(5)) == .grant([2]))
        // A minute of service makes the record clean.
        #expect(worker.exited(attempt: 3, .signal(9), at: .at(66), using: &random) == .launch(attempt: 4))
    }

    @Test func `a stalled worker is killed and started again`() {
        var random = SeededRandom(seed: 2)
        var worker = Lifecycle()
        _ = worker.start()
        #expect(worker.heartbeatMissed(attempt: 1) == .nothing)
        _ = worker.becameReady(attempt: 1, at: .at(0))
        #expect(worker.heartbeatMissed(attempt: 9) == .nothing)
        #expect(worker.heartbeatMissed(attempt: 1) == .kill(attempt: 1))
        #expect(worker.heartbeatMissed(attempt: 1) == .nothing)
        #expect(worker.wait(5) == .wait)
        #expect(worker.exited(attempt: 1, .signal(9), at: .at(1), using: &random) == .launch(attempt: 2))
        #expect(worker.becameReady(attempt: 2, at: .at(2)) == .grant([5]))
    }

    @Test func `stopping refuses who waits, and late reports change nothing`() {
        var random = SeededRandom(seed: 3)
        var worker = Lifecycle()
        _ = worker.start()
        _ = worker.wait(1)
        #expect(worker.stop() == .terminate(attempt: 1, refuse: [1]))
        #expect(worker.becameReady(attempt: 1, at: .at(1)) == .nothing)
        #expect(worker.wait(2) == .refuse(2, .stopped))
        #expect(worker.start() == .nothing)
        #expect(worker.wait(3) == .wait)
        #expect(worker.exited(attempt: 1, .signal(15), at: .at(1), using: &random) == .launch(attempt: 2))
        #expect(worker.exited(attempt: 1, .signal(15), at: .at(1), using: &random) == .nothing)
        #expect(worker.becameReady(attempt: 2, at: .at(2)) == .grant([3]))
        #expect(worker.stop() == .terminate(attempt: 2, refuse: []))
        #expect(worker.exited(attempt: 2, .status(0), at: .at(3), using: &random) == .settled)
        #expect(worker.stop() == .nothing)
    }

    @Test func `too many failed starts give up until the next order`() {
        var random = SeededRandom(seed: 4)
        var worker = Lifecycle(backoff: RestartBackoff.Policy(attemptsMax: 2))
        _ = worker.start()
        _ = worker.wait(1)
        guard case .wakeUp(let until) = worker.exited(attempt: 1, .notStarted, at: .at(0), using: &random) else {
            Issue.record("the first failure must wait")
            return
        }
        #expect(worker.backoffElapsed(at: until) == .launch(attempt: 2))
        #expect(
            worker.exited(attempt: 2, .status(1), at: .at(9), using: &random)
                == .giveUp(refuse: [1], lastExit: .status(1)))
        #expect(worker.wait(2) == .refuse(2, .failed(lastExit: .status(1))))
        #expect(worker.start() == .launch(attempt: 3))
    }

    @Test func `waiters are bounded and can give up`() {
        var worker = Lifecycle(waitersMax: 1)
        _ = worker.start()
        #expect(worker.wait(1) == .wait)
        #expect(worker.wait(2) == .refuse(2, .tooManyWaiters))
        #expect(worker.cancel { $0 == 1 } == 1)
        #expect(worker.cancel { $0 == 1 } == nil)
        #expect(worker.becameReady(attempt: 1, at: .at(1)) == .grant([]))
    }

    /// Random events against a model of the process: at most one runs, its number is new, and each waiter is answered
    /// exactly once.
    @Test(arguments: 1...200) func `random events never break the rules`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var worker = Lifecycle(
            backoff: RestartBackoff.Policy(attemptsMax: seed.isMultiple(of: 2) ? 3 : nil), waitersMax: 4)
        var world = World()
        for step in 0..<400 {
            let now = ManualInstant.at(Double(step) * 0.7)
            world.perform(Int.random(in: 0..<9, using: &random), on: &worker, at: now, using: &random)
        }
        // In the end everything is stopped and nobody waits any more.
        world.settle(&worker, at: .at(1000), using: &random)
        #expect(world.process == nil && world.waiting.isEmpty && world.violations == [], "seed \(seed)")
    }
}

/// What a supervisor would see, with the rules that must hold.
private struct World {
    var process: Int?
    var lastAttempt = 0
    var nextWaiter = 0
    var waiting: Set<Int> = []
    var violations: [String] = []

    mutating func perform(
        _ event: Int, on worker: inout Lifecycle, at now: ManualInstant, using random: inout SeededRandom
    ) {
        let attempt = max(0, (process ?? lastAttempt) - (Int.random(in: 0..<4, using: &random) == 0 ? 1 : 0))
        switch event {
        case 0, 1: if case .launch(let attempt) = worker.start() { launch(attempt) }
        case 2: if Int.random(in: 0..<4, using: &random) == 0 { stop(&worker) }
        case 3, 4: wait(&worker)
        case 5: if case .grant(let waiters) = worker.becameReady(attempt: attempt, at: now) { answer(waiters) }
        case 6:
            if case .kill(let attempt) = worker.heartbeatMissed(attempt: attempt) { expect(attempt == process, "kill") }
        case 7: exit(&worker, attempt, at: now, using: &random)
        default:
            if case .launch(let attempt) = worker.backoffElapsed(at: now) { launch(attempt) }
            if let one = waiting.min(), let found = worker.cancel(where: { $0 == one }) { answer([found]) }
        }
    }

    mutating func settle(_ worker: inout Lifecycle, at now: ManualInstant, using random: inout SeededRandom) {
        stop(&worker)
        if let process { exit(&worker, process, at: now, using: &random) }
    }

    private mutating func wait(_ worker: inout Lifecycle) {
        nextWaiter += 1
        waiting.insert(nextWaiter)
        switch worker.wait(nextWaiter) {
        case .grant(let waiter): answer([waiter])
        case .refuse(let waiter, _): answer([waiter])
        case .wait: expect(waiting.count <= 4, "bound")
        }
    }

    private mutating func stop(_ worker: inout Lifecycle) {
        switch worker.stop() {
        case .terminate(let attempt, let waiters):
            expect(attempt == process, "terminate")
            answer(waiters)
        case .refuse(let waiters): answer(waiters)
        case .nothing: break
        }
    }

    private mutating func exit(
        _ worker: inout Lifecycle, _ attempt: Int, at now: ManualInstant, using random: inout SeededRandom
    ) {
        let isCurrent = attempt == process
        if isCurrent { process = nil }
        switch worker.exited(attempt: attempt, .signal(11), at: now, using: &random) {
        case .launch(let attempt):
            expect(isCurrent, "launch after a late report")
            launch(attempt)
        case .giveUp(let waiters, _): answer(waiters)
        case .wakeUp(let until): expect(until > now && isCurrent, "wake-up")
        case .settled: expect(isCurrent, "settled")
        case .nothing: expect(!isCurrent, "a real exit must not be ignored")
        }
    }

    private mutating func launch(_ attempt: Int) {
        expect(process == nil, "two processes")
        expect(attempt > lastAttempt, "attempt used again")
        process = attempt
        lastAttempt = attempt
    }

    private mutating func answer(_ waiters: [Int]) {
        for waiter in waiters { expect(waiting.remove(waiter) != nil, "waiter \(waiter) answered twice") }
    }

    private mutating func expect(_ holds: Bool, _ rule: String) {
        if !holds { violations.append(rule) }
    }
}
