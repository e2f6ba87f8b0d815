/// An iterator that hands out what has come already without suspending. Servers send many pieces at once, and suspending in
/// each layer costs more than what is done with a piece.
public protocol ReadyIterator: AsyncIteratorProtocol<GenerationEvent, any Error> {
    /// The next event, if it is here. `nil` says nothing of the end: `next` is to be asked then.
    ///
    /// - Throws: what `next` would throw.
    mutating func nextReady() throws -> GenerationEvent?
}

/// Reads the events of an answer, whoever writes it: first those that are here, then the one that is waited for.
///
/// ```swift
/// var reader = EventReader(stream)
/// while true {
///     var next = try reader.nextReady()
///     if next == nil { next = try await reader.next() }
///     guard let event = next else { break }
///     take(event)
/// }
/// ```
public struct EventReader {
    private var ready: (any ReadyIterator)?
    /// Of a stream whose events are all waited for.
    private var other: (any AsyncIteratorProtocol<GenerationEvent, any Error>)?

    public init(_ stream: any GenerationStream) { self = stream.makeReader() }

    init(ready: any ReadyIterator) { self.ready = ready }

    init(waiting other: any AsyncIteratorProtocol<GenerationEvent, any Error>) { self.other = other }

    /// The next event, if it is here.
    ///
    /// - Throws: what the stream throws.
    public mutating func nextReady() throws -> GenerationEvent? { try ready?.nextReady() }

    /// The next event; `nil` at the end.
    ///
    /// - Throws: what the stream throws.
    public mutating func next() async throws -> GenerationEvent? {
        if ready != nil { return try await ready?.next(isolation: #isolation) }
        return try await other?.next(isolation: #isolation)
    }
}
