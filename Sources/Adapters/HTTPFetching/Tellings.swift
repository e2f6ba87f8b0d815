import Streaming

/// What somebody has waited for.
enum Telling {
    case head(Exchange.HeadWaiter, Result<ResponseHead, FetchError>)
    case chunk(Exchange.ChunkWaiter, Result<[UInt8]?, FetchError>)

    func tell() {
        switch self {
        case .head(let waiter, let result): waiter.resume(returning: result)
        case .chunk(let waiter, let result): waiter.resume(returning: result)
        }
    }
}

/// Those who are to be told something once all that one connection has brought is looked at: they find it together, and are
/// woken once. A short answer comes in one read, but libcurl hands out its header, each of its chunks and its end one by one.
///
/// Not `Sendable`: for the client's thread.
final class Tellings {
    private var waiting: [(telling: Telling, transfer: Transfer)] = []
    /// Those whose reader is to get what they have gathered.
    private var gathering: [Transfer] = []
    /// Runs the next steps of those that go on here. Chosen: a millisecond is not noticed by those who wait.
    private let queue = LocalRunQueue(timeMax: .milliseconds(1))

    func add(_ telling: Telling, of transfer: Transfer) { waiting.append((telling, transfer)) }

    /// Keeps a transfer in mind that has begun to gather.
    func gather(_ transfer: Transfer) { gathering.append(transfer) }

    /// Tells them all. Those that go on here do so before this returns, so that it is not for libcurl's callbacks.
    func flush() {
        for transfer in gathering { transfer.deliverGathered() }
        gathering.removeAll(keepingCapacity: true)
        guard !waiting.isEmpty else { return }
        for (telling, transfer) in waiting where !transfer.isInline { telling.tell() }
        queue.run {
            for (telling, transfer) in waiting where transfer.isInline { telling.tell() }
        }
        waiting.removeAll(keepingCapacity: true)
    }
}
