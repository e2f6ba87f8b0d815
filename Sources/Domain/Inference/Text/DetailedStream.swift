import Vocabulary

/// A generation's events, with what it was written with at the end.
struct DetailedStream<Base: GenerationStream>: GenerationStream {
    typealias Element = GenerationEvent
    typealias Failure = any Error

    private let base: Base
    private let details: GenerationDetails

    /// - Returns: `base` itself where there are no details to tell.
    static func around(_ base: Base, _ details: GenerationDetails?) -> any GenerationStream {
        guard let details else { return base }
        return DetailedStream(base: base, details: details)
    }

    private init(base: Base, details: GenerationDetails) {
        self.base = base
        self.details = details
    }

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), details: details) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: Base.AsyncIterator
        fileprivate let details: GenerationDetails

        mutating func next() async throws -> GenerationEvent? { try await next(isolation: #isolation) }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> GenerationEvent? {
            try await base.next(isolation: actor).map(detailed)
        }

        fileprivate func detailed(_ event: GenerationEvent) -> GenerationEvent {
            guard case .finished(var end) = event else { return event }
            end.details = details
            return .finished(end)
        }
    }
}

extension DetailedStream.Iterator: ReadyIterator where Base.AsyncIterator: ReadyIterator {
    mutating func nextReady() throws -> GenerationEvent? { try base.nextReady().map(detailed) }
}
