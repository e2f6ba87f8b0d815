import Streaming
import Synchronization
import Vocabulary

/// The events of a response that is written without its client: kept from the first to the last, so that a reader may come,
/// go, and come back.
final class LiveResponse: Sendable {
    /// Bytes of all events. One whose events are more can be had whole when it is finished, and not as a stream.
    static let bytesMax = 16 << 20

    private struct State {
        var events: [ServerSentEvent] = []
        var bytes = 0
        var isOver = false
        var isTooLong = false
        var bells: [Int: AsyncStream<Void>.Continuation] = [:]
        var bellCount = 0
    }

    private let state = Mutex(State())

    func append(_ events: [ServerSentEvent]) {
        let bells = state.withLock { state in
            for event in events where !state.isTooLong {
                state.bytes += event.data.utf8.count
                state.events.append(event)
                if state.bytes > Self.bytesMax {
                    state.isTooLong = true
                    state.events = []
                }
            }
            return Array(state.bells.values)
        }
        for bell in bells { bell.yield() }
    }

    func finish() {
        let bells = state.withLock { state in
            state.isOver = true
            return Array(state.bells.values)
        }
        for bell in bells { bell.yield() }
    }

    /// Hands events over, in order, until the last.
    ///
    /// - Parameters:
    ///   - number: the event to begin after; -1 begins with the first. An event's number is its place.
    ///   - write: takes one.
    /// - Throws: what `write` throws; `CancellationError`; an error when there are too many events to be kept.
    func follow(after number: Int, _ write: (ServerSentEvent) async throws -> Void) async throws {
        let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key = state.withLock { state in
            state.bellCount += 1
            state.bells[state.bellCount] = bell
            return state.bellCount
        }
        defer { state.withLock { $0.bells[key] = nil } }
        var place = number + 1
        var ring = rings.makeAsyncIterator()
        while true {
            let (more, isOver, isTooLong) = state.withLock { state in
                (Array(state.events.dropFirst(place).prefix(64)), state.isOver, state.isTooLong)
            }
            if isTooLong {
                throw ServiceError(
                    .unsupported, "The response has more events than are kept.",
                    hint: "Get it whole when it is finished.")
            }
            for event in more { try await write(event) }
            place += more.count
            if more.isEmpty {
                if isOver { return }
                guard await ring.next(isolation: #isolation) != nil else { throw CancellationError() }
            }
        }
    }
}
