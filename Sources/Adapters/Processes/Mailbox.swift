import CProcesses
import Glibc
import Synchronization

/// What the launcher's thread is told.
enum Order: Sendable {
    case start(ProcessCommand, CheckedContinuation<Result<ChildProcess, ProcessError>, Never>)
    case signal(Int32, Signal)
    case terminate(Int32, grace: Duration)
    case write(Int32, [UInt8], CheckedContinuation<Result<Void, ProcessError>, Never>)
    case closeInput(Int32)
    /// Kill everybody, reap, and end the thread.
    case shutDown(CheckedContinuation<Void, Never>?)
}

/// Orders for the launcher's thread, which sleeps in poll(2) and is woken through an eventfd.
///
/// Not bounded by itself: each caller has at most one order waiting, and signals are tiny.
final class Mailbox: Sendable {
    private struct State {
        var orders: [Order] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Readable when orders wait. Open as long as anyone can post.
    let wakeUp: Int32

    init() {
        wakeUp = nexus_eventfd()
        precondition(wakeUp >= 0, "no descriptor is left for the launcher of child processes")
    }

    deinit { Glibc.close(wakeUp) }

    /// Hands an order over, or refuses it when the thread has ended.
    func post(_ order: Order) {
        let isRefused = state.withLock { state in
            if !state.isClosed { state.orders.append(order) }
            return state.isClosed
        }
        guard isRefused else {
            var one: UInt64 = 1
            unsafe write(wakeUp, &one, MemoryLayout<UInt64>.size)
            return
        }
        Self.refuse(order)
    }

    /// All waiting orders. On the thread only.
    func take() -> [Order] {
        var count: UInt64 = 0
        unsafe read(wakeUp, &count, MemoryLayout<UInt64>.size)
        return state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }

    /// Nothing is accepted any more; what still waits is refused.
    func close() {
        let rest = state.withLock { state in
            state.isClosed = true
            defer { state.orders = [] }
            return state.orders
        }
        for order in rest { Self.refuse(order) }
    }

    private static func refuse(_ order: Order) {
        let error = ProcessError(.shutDown, "the launcher of child processes has been shut down")
        switch order {
        case .start(_, let waiter): waiter.resume(returning: .failure(error))
        case .write(_, _, let waiter): waiter.resume(returning: .failure(error))
        case .shutDown(let waiter): waiter?.resume()
        case .signal, .terminate, .closeInput: break
        }
    }
}
