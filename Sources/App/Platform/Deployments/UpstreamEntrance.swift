import Gateway
import Hosting
import Synchronization
import Vocabulary

/// The queue in front of a deployment's servers, where its configuration has one.
final class UpstreamEntrance: Sendable {
    /// What one request counts for: nobody knows yet how long it will be.
    private static let cost = 100

    private let queue = Mutex<UpstreamQueue?>(nil)

    /// Whether a request would not have to wait here.
    var hasRoom: Bool { queue.withLock(\.self)?.hasRoom ?? true }

    /// Whether the configuration that holds now lets everybody in at once.
    func isOpen(_ spec: DeploymentSpec) -> Bool { current(spec) == nil }

    /// Waits for a place.
    ///
    /// - Parameters:
    ///   - spec: the configuration that holds now.
    ///   - wish: whose turn it is, and who is told the position.
    /// - Returns: the place; `nil` where there is no bound.
    /// - Throws: `overloaded`, `timeout`, `CancellationError`.
    func enter(_ spec: DeploymentSpec, _ wish: Deployment.Wish) async throws -> UpstreamPlace? {
        guard let queue = current(spec) else { return nil }
        return try await queue.enter(wish.scheduling, cost: Self.cost) { wish.tell(.queued(position: $0)) }
    }

    /// Another bound is another queue; those who wait in the old one are served by it.
    private func current(_ spec: DeploymentSpec) -> UpstreamQueue? {
        queue.withLock { queue in
            guard let concurrency = spec.concurrency, spec.kind.name != "engine" else {
                queue = nil
                return nil
            }
            let wanted = concurrency * spec.replicas
            if queue?.concurrencyMax != wanted {
                let start = ContinuousClock.now
                queue = UpstreamQueue(concurrencyMax: wanted, now: { .now - start })
            }
            return queue
        }
    }
}
