import Inference
import Testing

@testable import EngineWorker

/// Services and waiters are numbers here.
@Suite struct ResidencyTests {
    private typealias Machine = Residency<Int, Int>

    /// One machine, whose events can be written inside of expectations.
    private final class Subject {
        var machine: Machine
        init(_ service: Int = 7) { machine = Machine(service, waitersMax: 2) }

        func enter(_ waiter: Int) -> String {
            switch machine.enter(waiter) {
            case .use(let service, _): "use \(service)"
            case .wait(let startsLoading): startsLoading ? "wait, load" : "wait"
            case .refuse(let refusal): "\(refusal)"
            }
        }
        func leave(_ generation: Int? = nil) { machine.leave(generation ?? machine.generation) }
        func fallAsleep(idle: Bool = true) -> Int? { machine.fallAsleep { _ in idle } }
        @discardableResult func fellAsleep() -> Bool { machine.fellAsleep() }
        func arrived(_ service: Int) -> [Int]? { machine.arrived(service) }
        func failed() -> [Int] { machine.failed() }
        func lose() -> String? { machine.lose().map { "\($0.service ?? 0) \($0.waiters)" } }
        func stop() -> String {
            let (service, waiters) = machine.stop()
            return "\(service ?? 0) \(waiters)"
        }
    }

    @Test func `a model in use does not fall asleep`() {
        let subject = Subject()
        #expect(subject.enter(1) == "use 7")
        #expect(subject.fallAsleep() == nil)
        subject.leave()
        #expect(subject.fallAsleep(idle: false) == nil, "somebody waits for an answer")
        #expect(subject.fallAsleep() == 7)
        #expect(subject.machine.isSleeping && subject.machine.service == nil)
        #expect(subject.fallAsleep() == nil, "once")
    }

    @Test func `the first request wakes it, and all who wait are let in`() {
        let subject = Subject()
        #expect(subject.fallAsleep() == 7 && !subject.fellAsleep())
        #expect(subject.enter(1) == "wait, load" && !subject.machine.isSleeping)
        #expect(subject.enter(2) == "wait")
        #expect(subject.enter(3) == "full")
        #expect(subject.arrived(8) == [1, 2])
        #expect(subject.fallAsleep() == nil, "both use it")
        subject.leave()
        subject.leave()
        #expect(subject.fallAsleep() == 8)
    }

    @Test func `who comes while it falls asleep wakes it at once`() {
        let subject = Subject()
        #expect(subject.fallAsleep() == 7)
        #expect(subject.enter(1) == "wait" && !subject.machine.isSleeping)
        #expect(subject.fellAsleep(), "so it is loaded again")
        #expect(subject.arrived(8) == [1])
    }

    @Test func `one that cannot be loaded is tried again by the next request`() {
        let subject = Subject()
        #expect(subject.fallAsleep() == 7)
        subject.fellAsleep()
        #expect(subject.enter(1) == "wait, load")
        #expect(subject.failed() == [1] && subject.machine.isSleeping)
        #expect(subject.enter(2) == "wait, load")
    }

    @Test func `after a loss requests are refused until it is whole again`() {
        let subject = Subject()
        #expect(subject.enter(1) == "use 7")
        let before = subject.machine.generation
        #expect(subject.lose() == "7 []" && subject.machine.isLost)
        #expect(subject.lose() == nil && subject.enter(2) == "lost")
        #expect(subject.arrived(8) == [])
        #expect(subject.enter(3) == "use 8")
        // The one who used the lost service is not counted out of the new one.
        subject.leave(before)
        #expect(subject.fallAsleep() == nil)
        subject.leave()
        #expect(subject.fallAsleep() == 8)
    }

    @Test func `a loss while it is loaded is told to those who wait, one while it sleeps to nobody`() {
        let subject = Subject()
        #expect(subject.fallAsleep() == 7 && subject.lose() == nil)
        subject.fellAsleep()
        #expect(subject.lose() == nil)
        #expect(subject.enter(1) == "wait, load" && subject.lose() == "0 [1]")
    }

    @Test func `the end is the end, wherever it was`() {
        let awake = Subject()
        #expect(awake.stop() == "7 []" && awake.machine.isStopped)
        #expect(awake.enter(1) == "stopped" && awake.stop() == "0 []")
        let waking = Subject()
        #expect(waking.fallAsleep() == 7)
        waking.fellAsleep()
        #expect(waking.enter(1) == "wait, load" && waking.stop() == "0 [1]")
        #expect(waking.arrived(8) == nil, "nobody wants it any more")
        #expect(!waking.fellAsleep() && waking.lose() == nil)
    }
}

@Suite struct SleepShelfTests {
    @Test func `it takes states only while the engine ends, and no more than it may`() {
        let shelf = SleepShelf(bytesMax: 100)
        let state = ShelvedState(tenant: nil, tokens: [1, 2], start: 0, state: [UInt8](repeating: 1, count: 60))
        #expect(shelf.put(state) == nil)
        shelf.open()
        let name = shelf.put(state)
        #expect(name != nil && shelf.put(state) == nil && shelf.bytes == 60)
        shelf.close()
        #expect(shelf.contents().map(\.tokens) == [[1, 2]])
        #expect(name.flatMap(shelf.get) == state)
        if let name { shelf.remove(name) }
        #expect(shelf.bytes == 0 && shelf.contents().isEmpty)
        shelf.remove("none")
    }
}
