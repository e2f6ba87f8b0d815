import Synchronization
import Vocabulary

/// Counts the requests that wait for the embedding engine's thread, so that whoever brings one learns at once whether
/// there is a place.
final class EmbeddingRoom: Sendable {
    private struct State {
        var waiting = 0
        var rate = ServiceRate()
    }

    private let state = Mutex(State())
    private let waitingMax: Int
    private let epoch = ContinuousClock.now

    init(waitingMax: Int) { self.waitingMax = max(1, waitingMax) }

    /// Counts a request in.
    ///
    /// - Throws: `overloaded` with the time after which there will be a place.
    func enter() throws(ServiceError) {
        let now = ContinuousClock.now - epoch
        let retryAfter: Duration? = state.withLock { state in
            guard state.waiting >= waitingMax else {
                state.waiting += 1
                return nil
            }
            state.rate.refused()
            return state.rate.retryAfter(now: now)
        }
        if let retryAfter { throw .overloaded(retryAfter: retryAfter) }
    }

    /// Counts a request out, because its first sequence is computed.
    func started() {
        let now = ContinuousClock.now - epoch
        state.withLock { state in
            state.waiting -= 1
            state.rate.started(now: now, othersWait: state.waiting > 0)
        }
    }

    /// Counts a request out that nobody waits for any more.
    func left() {
        state.withLock { state in
            state.waiting -= 1
            if state.waiting == 0 { state.rate.emptied() }
        }
    }
}
