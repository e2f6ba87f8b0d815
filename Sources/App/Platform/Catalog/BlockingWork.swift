import Foundation

/// Work that waits for the disk, on a thread of its own: nothing blocks Swift's cooperative pool.
enum BlockingWork {
    /// Runs `work` to its end, whether or not the caller is cancelled meanwhile.
    static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try work() })
            }
        }
    }
}
