import Synchronization

/// What is open now, counted where it is opened and closed, so that a leak is a number.
final class LiveCounts: Sendable {
    private let state = Mutex(FetchStatistics(liveTransferCount: 0, liveContextCount: 0))

    var now: FetchStatistics { state.withLock { $0 } }

    func change(_ body: (inout FetchStatistics) -> Void) { state.withLock { body(&$0) } }
}
