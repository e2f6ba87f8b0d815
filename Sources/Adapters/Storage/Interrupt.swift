internal import Synchronization

/// Carries a task's cancellation to the thread that is inside C on its behalf. One per statement.
final class Interrupt: Sendable {
    private struct State {
        var isCancelled = false
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// From now until ``disarm()``, cancellation calls `wake`. A cancellation that came earlier calls it at once.
    ///
    /// `wake` runs under the lock, so that it never runs after `disarm` has returned: what it touches may be freed then.
    /// It must be short and must not call back.
    func arm(_ wake: @escaping @Sendable () -> Void) {
        state.withLock {
            $0.wake = wake
            if $0.isCancelled { wake() }
        }
    }

    func disarm() { state.withLock { $0.wake = nil } }

    func cancel() {
        state.withLock {
            guard !$0.isCancelled else { return }
            $0.isCancelled = true
            $0.wake?()
        }
    }

    func check() throws(StorageError) {
        if isCancelled { throw StorageError(.cancelled, "the task was cancelled") }
    }

    /// Runs `body` with an interrupt that follows the current task's cancellation.
    static func following<T>(
        _ body: (Interrupt) async throws(StorageError) -> T
    ) async throws(StorageError) -> T {
        let interrupt = Interrupt()
        let result: Result<T, StorageError> = await withTaskCancellationHandler {
            do throws(StorageError) {
                return .success(try await body(interrupt))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            interrupt.cancel()
        }
        return try result.get()
    }
}
