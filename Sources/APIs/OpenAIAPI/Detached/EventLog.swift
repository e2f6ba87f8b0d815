import Synchronization
import Vocabulary

/// The events of an answer that is written without waiting for a reader: kept from the first to the last, so that a reader may
/// come, go, and come back.
public final class EventLog<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var bytes = 0
        var isOver = false
        var isTooLong = false
        var bells: [Int: AsyncStream<Void>.Continuation] = [:]
        var bellCount = 0
    }

    private let state = Mutex(State())
    private let bytesMax: Int
    private let bytes: @Sendable (Event) -> Int

    /// - Parameters:
    ///   - bytesMax: of all events. An answer whose events are more cannot be followed.
    ///   - bytes: of one event.
    public init(bytesMax: Int, bytes: @escaping @Sendable (Event) -> Int) {
        self.bytesMax = bytesMax
        self.bytes = bytes
    }

    /// - Returns: whether everything is kept until now.
    @discardableResult
    public func append(_ events: [Event]) -> Bool {
        let (bells, isKept) = state.withLock { state in
            for event in events where !state.isTooLong {
                state.bytes += bytes(event)
                state.events.append(event)
                if state.bytes > bytesMax {
                    state.isTooLong = true
                    state.events = []
                }
            }
            return (Array(state.bells.values), !state.isTooLong)
        }
        for bell in bells { bell.yield() }
        return isKept
    }

    /// There are no more events.
    public func finish() {
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
    public func follow(after number: Int, _ write: (Event) async throws -> Void) async throws {
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
                    .unsupported, "The answer has more events than are kept.", hint: "Get it whole when it is finished."
                )
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
