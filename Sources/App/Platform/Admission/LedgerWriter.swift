import Gateway
import Records
import Storage
import Telemetry

/// Writes the usage book into the database, twice a second, so that kill -9 loses less than a second, and a power cut a few
/// seconds. A database that fails costs the lines of single requests, never their amounts, and never a request.
///
/// Requests whose budgets' leases do not suffice wait while a transaction runs: it takes about a millisecond.
struct LedgerWriter: Sendable {
    static let pause = Duration.milliseconds(500)
    static let recordsMax = 256

    let book: UsageBook
    let records: LedgerRecords
    let logger: Logger

    /// Writes what waits.
    ///
    /// - Parameter durability: what all that was written until now survives from here on.
    func write(_ durability: Durability) async {
        let batch = book.take()
        guard !batch.isEmpty else { return }
        var parts = batch.parts(of: Self.recordsMax)[...]
        while let part = parts.first {
            do {
                try await records.add(part, durability: parts.count == 1 ? durability : .process)
                parts.removeFirst()
            } catch {
                for part in parts { book.putBack(part) }
                if !error.isCancellation {
                    logger.error("usage could not be kept yet", [.error: .error(error)])
                }
                return
            }
        }
    }
}
