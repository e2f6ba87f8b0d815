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
    func isOpen(_ terms: Deployment.Terms) -> Bool { current(terms) == nil }

    /// How many requests a configuration lets in at the same time; `nil` where it has no bound. Engines have queues of their own.
    static func concurrencyMax(_ spec: DeploymentSpec) -> Int? {
        guard let concurrency = spec.concurrency, spec.kind.name != "engine" else { return nil }
        return concurrency * spec.replicas
    }

    /// Waits for a place.
    ///
    /// - Parameters:
    ///   - terms: of the configuration that holds now.
    ///   - wish: whose turn it is, and who is told the position.
    /// - Returns: the place; `nil` where there is no bound.
    /// - Throws: `overloaded`, `timeout`, `CancellationError`.
    func enter(_ terms: Deployment.Terms, _ wish: Deployment.Wish) async throws -> UpstreamPlace? {
        guard let queue = current(terms) else { return nil }
        return try await queue.enter(wish.scheduling, cost: Self.cost) { wish.tell(.queued(position: $0)) }
    }

    /// Another bound is another queue; those who wait in the old one are served by it.
    private func current(_ terms: Deployment.Terms) -> UpstreamQueue? {
        queue.withLock { queue in
            guard let wanted = terms.concurrencyMax else {
                queue = nil
                return nil
            }
            if queue?.concurrencyMax != wanted {
                let start = ContinuousClock.now
                queue = UpstreamQueue(concurrencyMax: wanted, now: { .now - start })
            }
            return queue
        }
    }
}
