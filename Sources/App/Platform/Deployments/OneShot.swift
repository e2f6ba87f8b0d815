import Synchronization

/// A value that one task waits for and another one gives, once.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, any Error>)
        case given(Result<Value, any Error>)
        case taken
    }

    private let state = Mutex(State.empty)

    /// Gives the value, or why there is none. Only the first one counts.
    ///
    /// - Returns: whether this was the first.
    @discardableResult func give(_ result: Result<Value, any Error>) -> Bool {
        let (waiter, isFirst) = state.withLock { state -> (CheckedContinuation<Value, any Error>?, Bool) in
            switch state {
            case .empty:
                state = .given(result)
                return (nil, true)
            case .waiting(let waiter):
                state = .taken
                return (waiter, true)
            case .given, .taken: return (nil, false)
            }
        }
        waiter?.resume(with: result)
        return isFirst
    }

    /// The value if it was given; nobody can wait for it then.
    ///
    /// - Throws: what was given instead.
    func taken() throws -> Value? {
        let known = state.withLock { state -> Result<Value, any Error>? in
            guard case .given(let result) = state else { return nil }
            state = .taken
            return result
        }
        return try known?.get()
    }

    /// Waits for the value. For one caller, once.
    ///
    /// - Throws: what was given instead, or `CancellationError`, after which nothing can be given.
    func wait() async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let known = state.withLock { state -> Result<Value, any Error>? in
                    guard case .given(let result) = state else {
                        state = .waiting(continuation)
                        return nil
                    }
                    state = .taken
                    return result
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            give(.failure(CancellationError()))
        }
    }
}

/// Lets one task at a time through, in the order in which they came.
final class TaskTurn: Sendable {
    /// Tasks that may wait.
    static let waitersMax = 64

    private struct State {
        var isTaken = false
        var waiters: [OneShot<Void>] = []
    }

    private let state = Mutex(State())

    /// Whether somebody has the turn.
    var isTaken: Bool { state.withLock { $0.isTaken } }

    /// Takes the turn if nobody has it.
    func takeIfFree() -> Bool {
        state.withLock { state in
            defer { state.isTaken = true }
            return !state.isTaken
        }
    }

    /// Runs `body` when it is this task's turn.
    ///
    /// - Parameter body: what only one may do at a time.
    /// - Returns: what `body` gives.
    /// - Throws: `TooMany`, `CancellationError`, or what `body` throws.
    func take<Result>(_ body: () async throws -> Result) async throws -> Result {
        let place = OneShot<Void>()
        let isMine = try state.withLock { state throws(TooMany) -> Bool in
            guard state.isTaken else {
                state.isTaken = true
                return true
            }
            guard state.waiters.count < Self.waitersMax else { throw TooMany() }
            state.waiters.append(place)
            return false
        }
        if !isMine { try await place.wait() }
        defer { leave() }
        return try await body()
    }

    /// As many tasks as allowed are waiting.
    struct TooMany: Error {}

    /// Gives the turn to the next one who still waits.
    func leave() {
        while true {
            let next = state.withLock { state -> OneShot<Void>? in
                guard !state.waiters.isEmpty else {
                    state.isTaken = false
                    return nil
                }
                return state.waiters.removeFirst()
            }
            // One that gave up takes nothing; the turn goes on.
            guard let next else { return }
            if next.give(.success(())) { return }
        }
    }
}

/// A door that tasks wait at while it is closed.
final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var waiters: [OneShot<Void>] = []
    }

    /// Tasks that may wait.
    static let waitersMax = 1_024
    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func close() { state.withLock { $0.isOpen = false } }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.give(.success(())) }
    }

    /// Returns at once when the door is open.
    ///
    /// - Throws: `TaskTurn.TooMany`, `CancellationError`.
    func pass() async throws {
        let place = OneShot<Void>()
        let isOpen = try state.withLock { state throws(TaskTurn.TooMany) -> Bool in
            if state.isOpen { return true }
            guard state.waiters.count < Self.waitersMax else { throw TaskTurn.TooMany() }
            state.waiters.append(place)
            return false
        }
        if !isOpen { try await place.wait() }
    }
}
