import Inference
import Synchronization

/// Keeps the prefix cache in ordinary memory while the engine that it belongs to does not run: the shelf of a worker that
/// sleeps and has no folder for it.
///
/// It takes states only while the engine ends, and gives them until they are removed or it takes new ones.
final class SleepShelf: CacheShelf {
    private struct State {
        var isOpen = false
        var states: [String: ShelvedState] = [:]
        var bytes = 0
        var next = 0
    }

    private let state = Mutex(State())
    let bytesMax: Int

    /// - Parameter bytesMax: what states may take together; one more is not kept.
    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes states from now on.
    func open() { state.withLock { $0.isOpen = true } }
    /// Takes none any more.
    func close() { state.withLock { $0.isOpen = false } }

    func contents() -> [ShelfEntry] {
        state.withLock { state in
            state.states.map { name, kept in
                ShelfEntry(
                    name: name, tenant: kept.tenant, adapters: kept.adapters, tokens: kept.tokens, start: kept.start,
                    bytes: kept.state.count)
            }
        }
    }

    func put(_ kept: ShelvedState) -> String? {
        state.withLock { state in
            guard state.isOpen, state.bytes + kept.state.count <= bytesMax else { return nil }
            let name = "\(state.next)"
            state.next += 1
            state.bytes += kept.state.count
            state.states[name] = kept
            return name
        }
    }

    func get(_ name: String) -> ShelvedState? { state.withLock { $0.states[name] } }

    func remove(_ name: String) {
        state.withLock { state in
            if let removed = state.states.removeValue(forKey: name) { state.bytes -= removed.state.count }
        }
    }

    func settle(within patience: Duration) -> Bool { true }
    var rejectedCount: Int { 0 }
    var bytes: Int { state.withLock { $0.bytes } }
}
