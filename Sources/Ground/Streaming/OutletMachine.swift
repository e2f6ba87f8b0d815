/// The decisions of an `Outlet`, without threads. `Waiter` is the reader's continuation; in a test it is a number.
@usableFromInline
struct OutletMachine<Element, Waiter> {
    @usableFromInline
    enum State {
        /// Can go to: ended, abandoned.
        case open(waiter: Waiter?)
        /// The producer ended; what is buffered is delivered first. Can go to: abandoned.
        case ended((any Error)?)
        /// The reader went. Terminal.
        case abandoned
    }

    @usableFromInline
    enum NextAction {
        /// `hasNewRoom`: an offer was refused before, and now there is room.
        case element(Element, hasNewRoom: Bool)
        case ended((any Error)?)
        case wait
    }

    @usableFromInline var state = State.open(waiter: nil)
    @usableFromInline var buffer: [Element] = []
    @usableFromInline var head = 0
    @usableFromInline var hasRefused = false
    @usableFromInline let capacity: Int

    @inlinable
    init(capacity: Int) {
        self.capacity = capacity
        buffer.reserveCapacity(capacity)
    }

    @inlinable var count: Int { buffer.count - head }

    @inlinable
    mutating func offer(_ element: Element) -> (OutletVerdict, resume: Waiter?) {
        switch state {
        case .abandoned, .ended:
            return (.readerGone, nil)
        case .open(let waiter):
            guard count < capacity else {
                hasRefused = true
                return (.full, nil)
            }
            buffer.append(element)
            state = .open(waiter: nil)
            return (.accepted, waiter)
        }
    }

    @inlinable
    mutating func end(_ last: [Element], _ error: (any Error)?) -> Waiter? {
        guard case .open(let waiter) = state else { return nil }
        buffer += last
        state = .ended(error)
        return waiter
    }

    /// The next element, if one is here. `hasNewRoom` as in ``NextAction``.
    @inlinable
    mutating func take() -> (element: Element, hasNewRoom: Bool)? {
        guard count > 0, !isAbandoned else { return nil }
        let element = buffer[head]
        head += 1
        if head == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= capacity {
            buffer.removeFirst(head)
            head = 0
        }
        defer { hasRefused = false }
        return (element, hasRefused)
    }

    @inlinable
    mutating func next() -> NextAction {
        if let taken = take() { return .element(taken.element, hasNewRoom: taken.hasNewRoom) }
        switch state {
        case .open: return .wait
        case .ended(let error):
            state = .ended(nil)
            return .ended(error)
        case .abandoned: return .ended(nil)
        }
    }

    /// Parks the reader. Returns `true` when there is something to read (or to end) already, so that it must go on.
    @inlinable
    mutating func park(_ waiter: Waiter) -> Bool {
        guard case .open(let parked) = state, count == 0 else { return true }
        precondition(parked == nil, "an outlet has one reader")
        state = .open(waiter: waiter)
        return false
    }

    @inlinable
    mutating func readerLeft() -> (resume: Waiter?, wasOpen: Bool) {
        switch state {
        case .open(let waiter):
            state = .abandoned
            buffer.removeAll()
            head = 0
            return (waiter, true)
        case .ended:
            state = .abandoned
            buffer.removeAll()
            head = 0
            return (nil, false)
        case .abandoned:
            return (nil, false)
        }
    }

    @inlinable var isAbandoned: Bool { if case .abandoned = state { true } else { false } }
}
