public import Synchronization

/// What became of an offered element.
public enum OutletVerdict: Sendable, Equatable {
    case accepted
    /// Keep the element and offer it again after `onRoom`.
    case full
    /// Nobody will read any more.
    case readerGone
}

/// The way from a producer that must never wait (the engine's thread) to one reader.
///
/// Backpressure: `offer` refuses when `capacity` elements wait; the producer keeps the element and offers it again after
/// `onRoom`. One reader. When the reader goes (its iterator or stream is dropped, or its task is cancelled), `offer` says
/// so and `onReaderGone` is called once. When the producer ends, what is buffered is still delivered.
///
/// All of it can be inlined: each token goes through here, and code for any type of element asks for that type at run time.
public final class Outlet<Element: Sendable>: Sendable {
    @usableFromInline let machine: Mutex<OutletMachine<Element, UnsafeContinuation<Void, Never>>>
    @usableFromInline let onRoom: @Sendable () -> Void
    @usableFromInline let onReaderGone: @Sendable () -> Void

    /// - Parameters:
    ///   - capacity: elements that may wait, at least 1.
    ///   - onRoom: called on the reader's task after a refused offer, when there is room again. Must not wait.
    ///   - onReaderGone: called at most once, from any thread, when the reader went before the end. Must not wait.
    @inlinable
    public init(
        capacity: Int, onRoom: @escaping @Sendable () -> Void = {}, onReaderGone: @escaping @Sendable () -> Void = {}
    ) {
        precondition(capacity > 0, "an outlet that holds nothing could never pass anything on")
        machine = Mutex(OutletMachine(capacity: capacity))
        self.onRoom = onRoom
        self.onReaderGone = onReaderGone
    }

    /// Offers an element. Returns at once.
    @inlinable
    public func offer(_ element: Element) -> OutletVerdict {
        var readers = SleepingReaders()
        let verdict = offer(element, waking: &readers)
        readers.wake()
        return verdict
    }

    /// Offers an element without waking the reader. Returns at once.
    ///
    /// - Parameters:
    ///   - element: what the reader gets.
    ///   - readers: takes the reader, if it sleeps; the caller wakes it soon.
    /// - Returns: what became of the element.
    @inlinable
    public func offer(_ element: Element, waking readers: inout SleepingReaders) -> OutletVerdict {
        let (verdict, waiter) = machine.withLock { $0.offer(element) }
        if let waiter { unsafe readers.add(waiter) }
        return verdict
    }

    /// Ends the stream after what is buffered and `last`, with an error or without. Later calls change nothing.
    ///
    /// - Parameters:
    ///   - last: a few closing elements, kept even when there is no room for them, so that the producer need not stay.
    ///   - error: thrown to the reader after them.
    @inlinable
    public func end(with last: [Element] = [], throwing error: (any Error)? = nil) {
        let waiter = machine.withLock { $0.end(last, error) }
        if let waiter { unsafe waiter.resume() }
    }

    /// The reading side. Take it once: it has one consumer, and dropping it means that the reader is gone.
    @inlinable
    public func stream() -> OutletStream<Element> { OutletStream(lease: ReaderLease(outlet: self)) }

    @inlinable
    func take() -> Element? {
        guard let taken = machine.withLock({ $0.take() }) else { return nil }
        if taken.hasNewRoom { onRoom() }
        return taken.element
    }

    @inlinable
    func next() async throws -> Element? {
        while true {
            switch machine.withLock({ $0.next() }) {
            case .element(let element, let hasNewRoom):
                if hasNewRoom { onRoom() }
                return element
            case .ended(let error):
                if let error { throw error }
                return nil
            case .wait:
                await withTaskCancellationHandler {
                    await withUnsafeContinuation { continuation in
                        let isToResume = unsafe machine.withLock { unsafe $0.park(continuation) }
                        if isToResume { unsafe continuation.resume() }
                    }
                } onCancel: {
                    leave()
                }
            }
        }
    }

    @inlinable
    func leave() {
        let (waiter, wasOpen) = machine.withLock { $0.readerLeft() }
        if let waiter { unsafe waiter.resume() }
        if wasOpen { onReaderGone() }
    }
}

/// Tells the outlet when nobody holds the reading side any more.
@usableFromInline
final class ReaderLease<Element: Sendable>: Sendable {
    @usableFromInline let outlet: Outlet<Element>
    @inlinable
    init(outlet: Outlet<Element>) { self.outlet = outlet }
    @inlinable
    deinit { outlet.leave() }
}

/// What an outlet delivers. Single consumer.
public struct OutletStream<Element: Sendable>: AsyncSequence, Sendable {
    @usableFromInline let lease: ReaderLease<Element>

    @inlinable
    init(lease: ReaderLease<Element>) { self.lease = lease }

    @inlinable
    public func makeAsyncIterator() -> Iterator { Iterator(lease: lease) }

    public struct Iterator: AsyncIteratorProtocol {
        @usableFromInline let lease: ReaderLease<Element>

        @inlinable
        init(lease: ReaderLease<Element>) { self.lease = lease }

        /// The next element, if it is here. `nil` says nothing of the end: `next` is to be asked then.
        @inlinable
        public mutating func nextReady() -> Element? { Task.isCancelled ? nil : lease.outlet.take() }

        /// The next element; throws `CancellationError` when this task was cancelled.
        @inlinable
        public mutating func next() async throws -> Element? {
            if Task.isCancelled {
                lease.outlet.leave()
                throw CancellationError()
            }
            let element = try await lease.outlet.next()
            if element == nil, Task.isCancelled { throw CancellationError() }
            return element
        }
    }
}
