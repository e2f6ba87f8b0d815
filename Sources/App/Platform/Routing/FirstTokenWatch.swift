import Synchronization
import Vocabulary

/// Closes the connection to a server that does not begin its answer in time.
final class FirstTokenWatch: Sendable {
    private enum State: Sendable { case armed, fired, disarmed }

    private let state = Mutex(State.armed)
    private let timer = Mutex<Task<Void, Never>?>(nil)
    private let limit: Duration
    private let model: String

    /// - Parameters:
    ///   - limit: how long from now.
    ///   - model: who is asked.
    ///   - close: makes the reader of the answer see its end.
    init(_ limit: Duration, model: String, close: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.model = model
        let task = Task { [weak self] in
            do { try await Task.sleep(for: limit) } catch { return }
            if self?.fire() == true { close() }
        }
        timer.withLock { $0 = task }
    }

    deinit { timer.withLock { $0?.cancel() } }

    private func fire() -> Bool {
        state.withLock { state in
            guard case .armed = state else { return false }
            state = .fired
            return true
        }
    }

    /// The first piece has come.
    func disarm() {
        state.withLock { if case .armed = $0 { $0 = .disarmed } }
        timer.withLock { $0?.cancel() }
    }

    /// Why the stream broke off, when this is why.
    var cause: ServiceError? {
        guard case .fired = state.withLock(\.self) else { return nil }
        return ServiceError(
            .timeout, "'\(model)' did not begin its answer within \(Int(limit / .milliseconds(1))) ms.",
            hint: "Send the request again, or allow more with X-Nexus-First-Token-Timeout-Ms.")
    }
}
