import Synchronization
import Vocabulary

@testable import Inference

/// A shelf in memory: what was put is there at once, and the test may break it.
final class MemoryShelf: CacheShelf {
    struct State {
        var states: [String: ShelvedState] = [:]
        var order: [String] = []
        var nextName = 0
        /// How many states may be put before the next `settle`.
        var putsLeft = Int.max
        var settles = 0
        /// What `putsLeft` is after a `settle`; `nil` means that the disk never gets done.
        var putsAfterSettle: Int? = Int.max
    }

    let state = Mutex(State())
    let bytesMax: Int

    init(bytesMax: Int = .max) { self.bytesMax = bytesMax }

    func contents() -> [ShelfEntry] { state.withLock { $0.states.map(ShelfEntry.init) } }

    func put(_ shelved: ShelvedState) -> String? {
        state.withLock { state in
            guard state.putsLeft > 0 else { return nil }
            state.putsLeft -= 1
            state.nextName += 1
            let name = "\(state.nextName)"
            state.states[name] = shelved
            state.order.append(name)
            return name
        }
    }

    func get(_ name: String) -> ShelvedState? { state.withLock { $0.states[name] } }
    func remove(_ name: String) { state.withLock { $0.states[name] = nil } }

    func settle(within patience: Duration) -> Bool {
        state.withLock { state in
            state.settles += 1
            guard let puts = state.putsAfterSettle else { return false }
            state.putsLeft = puts
            return true
        }
    }

    var rejectedCount: Int { 0 }
    var bytes: Int { state.withLock { $0.states.values.reduce(0) { $0 + $1.state.count } } }

    /// Tokens of the paths that are there, the first put first.
    var paths: [[Int32]] { state.withLock { state in state.order.compactMap { state.states[$0]?.tokens } } }
}

extension ShelfEntry {
    /// What a shelf tells of a state that it holds.
    init(name: String, shelved: ShelvedState) {
        self.init(
            name: name, tenant: shelved.tenant, adapters: shelved.adapters, tokens: shelved.tokens,
            start: shelved.start, bytes: shelved.state.count)
    }
}
