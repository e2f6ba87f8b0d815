import Gateway
import Vocabulary

/// An answer that was given before, told again: the same events, and that they are not new.
struct ReplayedStream: GenerationStream {
    let events: [GenerationEvent]

    /// - Parameters:
    ///   - events: as they were kept.
    ///   - reuse: what the end tells of it.
    ///   - warning: told first.
    init(_ events: [GenerationEvent], _ reuse: AnswerReuse, warning: GenerationWarning? = nil) {
        var events = events
        if case .finished(var end) = events.last {
            end.reuse = reuse
            events[events.count - 1] = .finished(end)
        }
        self.events = (warning.map { [.warning($0)] } ?? []) + events
    }

    func makeAsyncIterator() -> Iterator { Iterator(events: events) }

    struct Iterator: AsyncIteratorProtocol {
        let events: [GenerationEvent]
        private var place = 0

        init(events: [GenerationEvent]) { self.events = events }

        mutating func next() async throws -> GenerationEvent? {
            guard place < events.count else { return nil }
            // A reader that has gone gets no more.
            try Task.checkCancellation()
            defer { place += 1 }
            return events[place]
        }
    }
}
