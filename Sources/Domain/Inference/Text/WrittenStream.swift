import Streaming
import Vocabulary

/// An answer's events as the engine's thread tells them. An outlet of its own is code for elements of any type, which asks for
/// that type at run time, for each event; here the type is known.
struct WrittenStream: GenerationStream {
    private let source: OutletStream<GenerationEvent>

    init(_ source: OutletStream<GenerationEvent>) { self.source = source }

    func makeAsyncIterator() -> Iterator { Iterator(source: source.makeAsyncIterator()) }

    struct Iterator: ReadyIterator {
        fileprivate var source: OutletStream<GenerationEvent>.Iterator

        mutating func next() async throws -> GenerationEvent? { try await source.next() }

        mutating func nextReady() -> GenerationEvent? { source.nextReady() }
    }
}
