import HTTPServing
import Streaming
import Synchronization
import Vocabulary

/// Commands of other processes that work with the platform of this one's command: it stays until they are done.
///
/// A lease is a request that is answered as long as its client listens, so that it ends with the client, however that ends.
final class CommandLeases: Sendable {
    static let path = "/api/v1/lease"
    /// Commands at a time; the next one is refused and tries again.
    static let countMax = 256

    private struct State {
        var holders: [Int: AsyncStream<Void>.Continuation] = [:]
        var next = 0
        var isClosed = false
        var whenEmpty: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// How many commands hold one.
    var count: Int { state.withLock { $0.holders.count } }

    var routes: [Route] {
        [
            Route(.get, Self.path, RouteDescription(permission: "platform.admin")) { [self] _ in
                .events(keepAlive: .seconds(5)) { [self] writer in
                    // Who reads the first event has it.
                    let (number, end) = try take()
                    defer { give(number) }
                    try await writer.write(ServerSentEvent(event: "lease", data: "{}"))
                    for await _ in end {}
                }
            }
        ]
    }

    func take() throws -> (number: Int, end: AsyncStream<Void>) {
        let (end, sender) = AsyncStream.makeStream(of: Void.self)
        let number: Int? = state.withLock { state in
            guard !state.isClosed, state.holders.count < Self.countMax else { return nil }
            state.next += 1
            state.holders[state.next] = sender
            return state.next
        }
        guard let number else {
            throw ServiceError(.modelUnavailable, "The command that runs this platform is ending.", hint: "Try again.")
        }
        return (number, end)
    }

    func give(_ number: Int) {
        let waiting: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.holders[number] = nil
            guard state.holders.isEmpty, state.whenEmpty != nil else { return nil }
            state.isClosed = true
            return state.whenEmpty.take()
        }
        waiting?.resume()
    }

    /// Returns when nobody holds one; from then on nobody gets one.
    func close() async {
        await withCheckedContinuation { waiting in
            let isEmpty = state.withLock { state in
                guard state.holders.isEmpty || state.isClosed else {
                    state.whenEmpty = waiting
                    return false
                }
                state.isClosed = true
                return true
            }
            if isEmpty { waiting.resume() }
        }
    }

    /// Nobody gets one any more, and those that hold one are not waited for.
    func closeNow() {
        let (ends, waiting) = state.withLock { state in
            state.isClosed = true
            return (Array(state.holders.values), state.whenEmpty.take())
        }
        for end in ends { end.finish() }
        waiting?.resume()
    }
}
