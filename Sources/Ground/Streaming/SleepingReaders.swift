/// Readers of outlets that have something to read and do not know it yet.
///
/// Waking a thread costs a system call, and the woken one takes a core from whoever is computing: a producer that has
/// something for many readers wakes them all at once, when it is done. Whoever holds readers must wake them.
public struct SleepingReaders: Sendable {
    @usableFromInline var waiters: [UnsafeContinuation<Void, Never>] = []

    @inlinable
    public init() {}

    /// Whether there are none.
    @inlinable
    public var isEmpty: Bool { unsafe waiters.isEmpty }

    @inlinable
    mutating func add(_ waiter: UnsafeContinuation<Void, Never>) { unsafe waiters.append(waiter) }

    /// Wakes them, and holds none any more.
    @inlinable
    public mutating func wake() {
        for waiter in unsafe waiters { unsafe waiter.resume() }
        unsafe waiters.removeAll(keepingCapacity: true)
    }
}
