import Synchronization
import Testing

@testable import Platform

@Suite struct TurnsTests {
    @Test func `a value is given once`() async throws {
        let place = OneShot<Int>()
        #expect(place.give(.success(1)))
        #expect(!place.give(.success(2)))
        #expect(try await place.wait() == 1)
    }

    @Test func `a waiter that is cancelled goes, and nothing can be given to it`() async {
        let place = OneShot<Int>()
        let waiter = Task { try await place.wait() }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(!place.give(.success(1)))
    }

    @Test func `one at a time has the turn, and a failure passes it on`() async throws {
        struct Failure: Error {}
        let turn = TaskTurn()
        let inside = Mutex((now: 0, most: 0, sum: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    do {
                        try await turn.take {
                            inside.withLock {
                                $0.now += 1
                                $0.most = max($0.most, $0.now)
                            }
                            await Task.yield()
                            inside.withLock {
                                $0.now -= 1
                                $0.sum += 1
                            }
                            if number % 3 == 0 { throw Failure() }
                        }
                    } catch is Failure {}
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most } == 1 && inside.withLock { $0.sum } == 40)
        #expect(turn.takeIfFree() && !turn.takeIfFree())
        turn.leave()
        #expect(!turn.isTaken)
    }

    @Test func `a waiter that gives up does not keep the turn`() async throws {
        let turn = TaskTurn()
        #expect(turn.takeIfFree())
        let waiter = Task { try await turn.take {} }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        turn.leave()
        #expect(turn.takeIfFree())
    }

    @Test func `a gate lets everybody through when it opens`() async throws {
        let gate = Gate()
        try await gate.pass()
        gate.close()
        let waiters = (0..<5).map { _ in Task { try await gate.pass() } }
        gate.open()
        for waiter in waiters { try await waiter.value }
        #expect(gate.isOpen)
    }

    @Test func `a replica is idle when its last answer has ended`() async throws {
        let replica = Replica(id: 1, version: 1, server: AbsentServer())
        var leases = [try #require(replica.lease()), try #require(replica.lease())]
        #expect(replica.inFlight == 2)
        #expect(await !replica.drained(within: .zero))
        replica.retire()
        #expect(replica.lease() == nil)
        let draining = Task { await replica.drained(within: .seconds(60)) }
        leases.removeLast()
        #expect(replica.inFlight == 1)
        leases.removeLast()
        #expect(await draining.value)
    }
}

/// A place where a server would be.
private struct AbsentServer: ReplicaServer {
    func start() async {}
    func ready() async throws {}
    func stop(grace: Duration) async {}
    var isReady: Bool { true }
    var remote: RemoteModel { preconditionFailure("nobody asks it") }
    var status: WorkerStatus { get async { WorkerStatus(state: .ready, attempts: 1) } }
}
