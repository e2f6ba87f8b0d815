import Gateway
import Records
import Telemetry

/// Writes the usage book into the database, twice a second, so that kill -9 loses less than a second. A database that fails
/// costs the lines of single requests, never their amounts, and never a request.
struct LedgerWriter: Sendable {
    static let pause = Duration.milliseconds(500)

    let book: UsageBook
    let records: LedgerRecords
    let logger: Logger

    func write() async {
        let batch = book.take()
        guard !batch.isEmpty else { return }
        do {
            try await records.add(batch)
        } catch {
            book.putBack(batch)
            logger.error("usage could not be kept yet", [.error: .error(error)])
        }
    }
}
