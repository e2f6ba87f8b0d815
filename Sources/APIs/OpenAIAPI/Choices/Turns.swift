import Synchronization

/// Lets one task at a time do something that may wait, in the order in which they asked.
///
/// Nobody waits longer than those before it need, so cancellation is left to what is done in the turn.
final class Turns: Sendable {
    private struct State {
        var isTaken = false
        /// At most one for each choice of a request.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Does `action` when it is this task's turn.
    func take(_ action: () async throws -> Void) async rethrows {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { passOn() }
        try await action()
    }

    private func passOn() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.isTaken = false
            return nil
        }
        next?.resume()
    }
}
