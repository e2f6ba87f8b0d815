import Vocabulary

/// An answer that is counted while it is read. Whoever drops it has settled it.
struct AdmittedStream: GenerationStream {
    typealias Element = GenerationEvent
    typealias Failure = any Error

    let base: any GenerationStream
    let request: AdmittedRequest

    func makeAsyncIterator() -> Iterator { Iterator(base: EventReader(base), request: request) }

    struct Iterator: ReadyIterator {
        fileprivate var base: EventReader
        fileprivate let request: AdmittedRequest

        mutating func next() async throws -> GenerationEvent? {
            do {
                let event = try await base.next()
                note(event)
                return event
            } catch {
                request.failed(error)
                throw error
            }
        }

        mutating func nextReady() throws -> GenerationEvent? {
            do {
                guard let event = try base.nextReady() else { return nil }
                note(event)
                return event
            } catch {
                request.failed(error)
                throw error
            }
        }

        /// Not inlined, so that what it unpacks does not lie in the frame that waits for the next event.
        @inline(never)
        private func note(_ event: GenerationEvent?) {
            switch event {
            case .started(let start): request.started(start)
            case .text(let text), .reasoning(let text): request.wrote(bytes: text.utf8.count)
            case .toolCall(let delta):
                request.wrote(bytes: delta.arguments.utf8.count + (delta.name?.utf8.count ?? 0))
            case .finished(let end): request.finished(end)
            case .loading, .queued, .promptProgress, .token, .promptLogprobs, .logprobs, .warning, nil: break
            }
        }
    }
}
