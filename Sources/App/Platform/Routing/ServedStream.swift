import Gateway
import Vocabulary

/// An answer, with the server that writes it held as long as it is read. Until its first word another one may take over.
///
/// A reference, so that neither who passes it on nor its iterator holds a copy of all that it knows.
final class ServedStream: GenerationStream {
    let answering: Answering
    let course: Answering.Course
    let base: MeasuredStream
    let holding: ServerHolding
    let attempt: Attempt
    let watch: FirstTokenWatch?
    /// Told first: that it is not the one who was asked for.
    let warning: GenerationWarning?

    init(
        answering: Answering, course: Answering.Course, base: MeasuredStream, holding: ServerHolding, attempt: Attempt,
        watch: FirstTokenWatch?, warning: GenerationWarning?
    ) {
        self.answering = answering
        self.course = course
        self.base = base
        self.holding = holding
        self.attempt = attempt
        self.watch = watch
        self.warning = warning
    }

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    struct Iterator: ReadyIterator {
        private var stream: ServedStream
        private var base: MeasuredStream.Iterator
        private var warning: GenerationWarning?
        private var hasWords = false
        /// What was met where nobody could wait for another one to answer.
        private var failure: (any Error)?

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
                    if let failure {
                        self.failure = nil
                        throw failure
                    }
                    let event = try await base.next()
                    note(event)
                    return event
                } catch {
                    try await recover(from: stream.watch?.cause ?? error)
                }
            }
        }

        mutating func nextReady() -> GenerationEvent? {
            guard warning == nil, failure == nil else { return nil }
            do {
                guard let event = try base.nextReady() else { return nil }
                note(event)
                return event
            } catch {
                failure = error
                return nil
            }
        }

        /// Not inlined, so that what it unpacks does not lie in the frame that waits for the next event.
        @inline(never)
        private mutating func note(_ event: GenerationEvent?) {
            switch event {
            case .loading, .queued, .promptProgress, .started, .warning: break
            case .finished, nil:
                stream.watch?.disarm()
                stream.attempt.answered()
            default:
                guard !hasWords else { return }
                hasWords = true
                stream.watch?.disarm()
                stream.attempt.first()
            }
        }

        /// Goes on with the next one. What was sent cannot be taken back: after the first word there is none.
        @inline(never)
        private mutating func recover(from error: any Error) async throws {
            // A client that went is nobody's failure.
            guard let known = error as? ServiceError, !Task.isCancelled else {
                stream.attempt.abandoned()
                throw Task.isCancelled ? CancellationError() : error
            }
            guard !hasWords else {
                stream.attempt.fail(known, then: "none: the answer had begun")
                throw known
            }
            let course = try await stream.answering.recovered(
                stream.course, known, stream.attempt, wasAsked: true)
            stream = try await stream.answering.begin(from: course)
            base = stream.base.makeAsyncIterator()
            warning = stream.warning
        }
    }
}
