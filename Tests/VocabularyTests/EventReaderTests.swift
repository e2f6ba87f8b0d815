import Testing
import Vocabulary

/// An answer's events are read in their order, whether they are here or waited for.
@Suite struct EventReaderTests {
    /// Hands out what is in a group without waiting, and waits for the first of each.
    private struct Grouped: GenerationStream {
        let groups: [[String]]
        var failure: Failed?

        func makeAsyncIterator() -> Iterator { Iterator(groups: groups, failure: failure) }

        struct Iterator: ReadyIterator {
            var groups: [[String]]
            var failure: Failed?
            var ready: [String] = []

            mutating func next() async throws -> GenerationEvent? {
                if let event = nextReady() { return event }
                if groups.isEmpty {
                    if let failure { throw failure }
                    return nil
                }
                ready = groups.removeFirst()
                await Task.yield()
                return nextReady()
            }

            mutating func nextReady() -> GenerationEvent? {
                ready.isEmpty ? nil : .text(ready.removeFirst())
            }
        }
    }

    /// The same for who can only be waited for.
    private struct Waited: GenerationStream {
        let base: Grouped
        func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator()) }
        struct Iterator: AsyncIteratorProtocol {
            var base: Grouped.Iterator
            mutating func next() async throws -> GenerationEvent? { try await base.next() }
        }
    }

    private struct Failed: Error {}

    /// The texts, and how many of them were waited for.
    private func read(_ stream: any GenerationStream) async throws -> (texts: [String], waits: Int) {
        var (texts, waits): ([String], Int) = ([], 0)
        var reader = EventReader(stream)
        while true {
            while let event = try reader.nextReady() { if case .text(let text) = event { texts.append(text) } }
            guard case .text(let text)? = try await reader.next() else { return (texts, waits) }
            texts.append(text)
            waits += 1
        }
    }

    @Test func `only what is not here is waited for`() async throws {
        let stream = Grouped(groups: [["a", "b", "c"], ["d"], ["e", "f"]])
        let found = try await read(stream)
        #expect(found.texts == ["a", "b", "c", "d", "e", "f"] && found.waits == 3)
        let waited = try await read(Waited(base: stream))
        #expect(waited.texts == found.texts && waited.waits == 6)
        #expect(try await read(Grouped(groups: [])).texts.isEmpty)
    }

    @Test func `a failure comes after the events before it`() async throws {
        var reader = EventReader(Grouped(groups: [["a", "b"]], failure: Failed()))
        #expect(try reader.nextReady() == nil)
        guard case .text("a")? = try await reader.next() else { throw Failed() }
        guard case .text("b")? = try reader.nextReady() else { throw Failed() }
        #expect(try reader.nextReady() == nil)
        await #expect(throws: Failed.self) { try await reader.next() }
    }
}
