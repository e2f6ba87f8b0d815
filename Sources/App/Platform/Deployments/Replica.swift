import Hosting
import JSONText
import Synchronization

/// One of a deployment's equal servers, and the requests that it is answering.
final class Replica: Sendable {
    private struct State {
        var inFlight = 0
        var isRetired = false
        var idleWaiters: [OneShot<Void>] = []
        var description: ModelDescription?
    }

    let id: Int
    /// The version that it was started for.
    let version: Int
    let server: any ReplicaServer
    private let state = Mutex(State())

    init(id: Int, version: Int, server: any ReplicaServer) {
        self.id = id
        self.version = version
        self.server = server
    }

    var inFlight: Int { state.withLock { $0.inFlight } }
    var description: ModelDescription? { state.withLock { $0.description } }
    func describe(_ description: ModelDescription?) {
        state.withLock { $0.description = description ?? $0.description }
    }

    /// Counts a request; `nil` when no more are taken.
    func lease() -> ReplicaLease? {
        let isTaken = state.withLock { state in
            if !state.isRetired { state.inFlight += 1 }
            return !state.isRetired
        }
        return isTaken ? ReplicaLease(self) : nil
    }

    /// Takes no more requests.
    func retire() { state.withLock { $0.isRetired = true } }
    /// Takes requests again.
    func reinstate() { state.withLock { $0.isRetired = false } }

    fileprivate func leave() {
        let waiters = state.withLock { state in
            state.inFlight -= 1
            guard state.inFlight == 0 else { return [OneShot<Void>]() }
            defer { state.idleWaiters = [] }
            return state.idleWaiters
        }
        for waiter in waiters { waiter.give(.success(())) }
    }

    /// Waits until it answers nothing.
    ///
    /// - Parameter limit: how long at most.
    /// - Returns: whether it answers nothing now.
    func drained(within limit: Duration) async -> Bool {
        let idle = OneShot<Void>()
        let isIdle = state.withLock { state in
            if state.inFlight > 0 { state.idleWaiters.append(idle) }
            return state.inFlight == 0
        }
        if isIdle { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do { try await idle.wait() } catch { return false }; return true
            }
            group.addTask {
                do { try await Task.sleep(for: limit) } catch { return false }; return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }
}

/// A request's place at a replica. It is given back when nobody holds it any more.
final class ReplicaLease: Sendable {
    let replica: Replica

    fileprivate init(_ replica: Replica) { self.replica = replica }

    deinit { replica.leave() }
}
