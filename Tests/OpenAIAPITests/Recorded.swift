import Vocabulary

/// Events that are there already, in the shape of a generation's stream.
struct Recorded: GenerationStream {
    let events: [GenerationEvent]
    func makeAsyncIterator() -> Iterator { Iterator(rest: events[...]) }
    struct Iterator: AsyncIteratorProtocol {
        var rest: ArraySlice<GenerationEvent>
        mutating func next() async throws -> GenerationEvent? { rest.popFirst() }
    }
}

extension Sequence where Self: Sendable, Element: Sendable {
    /// One after the other.
    func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
