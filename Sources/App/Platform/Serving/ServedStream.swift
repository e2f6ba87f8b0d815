import Vocabulary

/// An answer, with the server that writes it held as long as it is read. Until its first word another model may take over.
struct ServedStream: AsyncSequence, Sendable {
    let answering: Answering
    /// Which one of those who may answer does.
    let place: Int
    let base: MeasuredStream
    let holding: ServerHolding
    /// Told first: that it is not the one who was asked for.
    let warning: GenerationWarning?

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    struct Iterator: AsyncIteratorProtocol {
        private var stream: ServedStream
        private var base: MeasuredStream.Iterator
        private var warning: GenerationWarning?
        private var hasWords = false

        init(_ stream: ServedStream) {
            self.stream = stream
            base = stream.base.makeAsyncIterator()
            warning = stream.warning
        }

        mutating func next() async throws -> GenerationEvent? {
            while true {
                if let warning {
                    self.warning = nil
                    return .warning(warning)
                }
                do {
                    let event = try await base.next()
                    switch event {
                    case .loading, .queued, .promptProgress, .started, .warning: break
                    default: hasWords = true
                    }
                    return event
                } catch {
                    stream.holding.server.note(RequestVerdict(error))
                    guard !hasWords, stream.answering.mayGoOn(after: stream.place, error) else { throw error }
                    stream = try await stream.answering.begin(from: stream.place + 1, because: error as? ServiceError)
                    base = stream.base.makeAsyncIterator()
                    warning = stream.warning
                }
            }
        }
    }
}
