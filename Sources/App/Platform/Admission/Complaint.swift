import Synchronization
import Telemetry

/// Says something at most once in ten seconds, where every request would say it.
final class Complaint: Sendable {
    private static let pause = Duration.seconds(10)

    private let logger: Logger
    private let next = Mutex(ContinuousClock.now)

    init(_ logger: Logger) { self.logger = logger }

    func tell(_ problem: String, _ error: any Error) {
        guard !error.isCancellation else { return }
        let isDue = next.withLock { next in
            guard ContinuousClock.now >= next else { return false }
            next = .now + Self.pause
            return true
        }
        if isDue { logger.error(problem, [.error: .error(error)]) }
    }
}
