public import Telemetry

/// The log of this process: a bounded queue, and one task that writes it to standard error.
public struct ProcessLog: Sendable {
    public let logger: Logger
    private let queue: LogQueue
    /// The next lines are written together after so long: to wake the writer for each of them would cost a request under load
    /// two changes of thread.
    private static let gathering = Duration.milliseconds(5)

    /// - Parameters:
    ///   - label: the part of the program that logs first.
    ///   - format: how lines look.
    ///   - levelMin: less severe lines are not written.
    public init(label: String, format: LogFormat, levelMin: LogLevel) {
        queue = LogQueue(format: format)
        logger = Logger(label: label, levelMin: levelMin, sink: .queue(queue))
    }

    /// Writes lines while `body` runs, and all that are left after it.
    public func whileWriting<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        let queue = queue
        let writer = Task {
            while let lines = await queue.nextBatch() {
                StandardStream.error.write(lines)
                // Cancelled, it goes on at once: what is left is written without a pause.
                do { try await Task.sleep(for: Self.gathering) } catch { continue }
            }
        }
        func close() async {
            queue.finish()
            // Not before: what was left until now is still written.
            writer.cancel()
            await writer.value
        }
        do {
            let result = try await body()
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }
}
