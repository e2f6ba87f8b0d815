public import Streaming

/// The bytes of a response as they arrive. For one reader, once.
///
/// When the reader is behind, a bounded number of bytes waits for it and the server is made to wait. When the reader
/// stops early (its iterator goes, its task is cancelled, or the body itself goes without having been read) the
/// connection is closed.
public struct ResponseBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = FetchError

    let exchange: Exchange
    private let lease: Lease

    init(_ exchange: Exchange) {
        self.exchange = exchange
        lease = Lease(exchange: exchange)
    }

    /// Closes the exchange when its last holder goes. Without effect once the body is read to its end.
    final class Lease: Sendable {
        private let exchange: Exchange
        init(exchange: Exchange) { self.exchange = exchange }
        deinit { exchange.abandon() }
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let exchange: Exchange
        private let isReader: Bool
        /// An iterator's own: it closes the exchange even while the response lives on.
        private let lease: Lease?
        /// The body's: it must not close the exchange while an iterator outlives the response.
        private let bodyLease: Lease

        init(_ exchange: Exchange, bodyLease: Lease) {
            self.exchange = exchange
            self.bodyLease = bodyLease
            isReader = exchange.claimReader()
            lease = isReader ? Lease(exchange: exchange) : nil
        }

        /// What ``nextReady()`` finds.
        public enum Arrival: Sendable {
            /// At least one byte.
            case bytes([UInt8])
            case end
        }

        /// What `next` would give, if it is here. None says nothing of the end: `next` is to be asked then.
        public mutating func nextReady() throws(FetchError) -> Arrival? {
            // Told by `next`.
            guard isReader, let result = exchange.nextReady() else { return nil }
            guard let bytes = try result.get() else { return .end }
            return .bytes(bytes)
        }

        /// At least one byte, or none at the end.
        public mutating func next() async throws(FetchError) -> [UInt8]? { try await next(isolation: #isolation) }

        public mutating func next(isolation: isolated (any Actor)?) async throws(FetchError) -> [UInt8]? {
            guard isReader else {
                throw FetchError(.invalidRequest, "The response's body was read before; it can be read once.")
            }
            return try await exchange.next().get()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(exchange, bodyLease: lease) }

    /// Stops reading: the connection is closed if the response is not complete.
    public func cancel() { exchange.abandon() }

    /// Reads the body to its end.
    ///
    /// - Parameter limit: how many bytes it may have.
    /// - Returns: all of its bytes.
    /// - Throws: `tooLarge` as soon as there are more; the connection is closed then.
    public func collect(upTo limit: Int) async throws(FetchError) -> [UInt8] {
        var collected: [UInt8] = []
        var iterator = makeAsyncIterator()
        while let chunk = try await iterator.next() {
            guard chunk.count <= limit - collected.count else {
                cancel()
                throw FetchError(.tooLarge, "The response's body is larger than \(limit) bytes.")
            }
            collected.append(contentsOf: chunk)
        }
        return collected
    }

    /// The body as server-sent events. Reads the body: the same one-reader rule.
    ///
    /// `eventBytesMax` is the bound on one event; a larger one ends the stream with `tooLarge`.
    public func events(eventBytesMax: Int = ServerSentEventParser.eventBytesMax) -> ResponseEvents {
        ResponseEvents(body: self, eventBytesMax: eventBytesMax)
    }
}

/// The server-sent events of a response, as they arrive.
public struct ResponseEvents: AsyncSequence, Sendable {
    public typealias Element = ServerSentEvent
    public typealias Failure = FetchError

    let body: ResponseBody
    let eventBytesMax: Int

    /// Stops reading, also for the one who waits for an event now: the connection is closed if the response is not complete.
    public func cancel() { body.cancel() }

    public struct Iterator: AsyncIteratorProtocol {
        private var body: ResponseBody.Iterator
        private var parser: ServerSentEventParser
        /// Events of the last chunk that were not handed out yet, the next one last.
        private var waiting: [ServerSentEvent] = []

        init(body: ResponseBody.Iterator, eventBytesMax: Int) {
            self.body = body
            parser = ServerSentEventParser(eventBytesMax: eventBytesMax)
        }

        public mutating func next() async throws(FetchError) -> ServerSentEvent? {
            try await next(isolation: #isolation)
        }

        public mutating func next(isolation: isolated (any Actor)?) async throws(FetchError) -> ServerSentEvent? {
            while true {
                if let event = waiting.popLast() { return event }
                guard let chunk = try await body.next(isolation: isolation) else { return nil }
                try read(chunk)
            }
        }

        /// Not inlined, so that what it needs does not lie in the frame that waits for the next chunk.
        @inline(never)
        private mutating func read(_ chunk: [UInt8]) throws(FetchError) {
            do throws(ServerSentEventError) {
                waiting = try parser.feed(chunk).reversed()
            } catch {
                throw FetchError(.tooLarge, error.description)
            }
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), eventBytesMax: eventBytesMax)
    }
}
