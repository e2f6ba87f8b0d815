import Synchronization

/// A bucket of bytes that fills at a given rate: whoever has taken more than is in it waits until the debt is paid. Pure.
struct TokenBucket: Sendable {
    /// Bytes per second.
    private(set) var rate: Int
    private var level: Double
    private var last: ContinuousClock.Instant

    /// A quarter of a second's bytes may be taken at once.
    private var capacity: Double { Double(rate) / 4 }

    init(rate: Int, now: ContinuousClock.Instant) {
        precondition(rate > 0, "a bucket that never fills would stop everything")
        self.rate = rate
        last = now
        level = Double(rate) / 4
    }

    mutating func change(rate: Int, now: ContinuousClock.Instant) {
        refill(now: now)
        self.rate = rate
        level = min(level, capacity)
    }

    /// Takes bytes that have arrived.
    mutating func take(_ bytes: Int, now: ContinuousClock.Instant) {
        refill(now: now)
        level -= Double(bytes)
    }

    /// How long until there is no debt.
    mutating func wait(now: ContinuousClock.Instant) -> Duration {
        refill(now: now)
        return level >= 0 ? .zero : .seconds(-level / Double(rate))
    }

    private mutating func refill(now: ContinuousClock.Instant) {
        guard now > last else { return }
        level = min(capacity, level + Double(rate) * ((now - last) / .seconds(1)))
        last = now
    }
}

/// The bandwidth limit that all downloads share. It may be changed while they run.
public final class Throttle: Sendable {
    private let bucket: Mutex<TokenBucket?>
    private let time: HubTime

    /// - Parameters:
    ///   - bytesPerSecond: of all downloads together; `nil` for no limit.
    ///   - time: the clock.
    public init(bytesPerSecond: Int?, time: HubTime) {
        self.time = time
        bucket = Mutex(bytesPerSecond.map { TokenBucket(rate: max(1, $0), now: time.now()) })
    }

    /// Bytes per second; `nil` for no limit.
    public var bytesPerSecond: Int? { bucket.withLock { $0?.rate } }

    /// Changes the limit, also for what waits now.
    public func change(bytesPerSecond: Int?) {
        let now = time.now()
        bucket.withLock { bucket in
            guard let bytesPerSecond else {
                bucket = nil
                return
            }
            let rate = max(1, bytesPerSecond)
            if bucket == nil {
                bucket = TokenBucket(rate: rate, now: now)
            } else {
                bucket?.change(rate: rate, now: now)
            }
        }
    }

    /// Waits until bytes that have arrived are within the limit.
    ///
    /// - Parameters:
    ///   - bytes: so many.
    ///   - waiting: called several times a second while it waits.
    /// - Throws: `CancellationError`.
    func pass(_ bytes: Int, waiting: () -> Void) async throws {
        let now = time.now()
        bucket.withLock { $0?.take(bytes, now: now) }
        while true {
            let now = time.now()
            let wait = bucket.withLock { $0?.wait(now: now) ?? .zero }
            guard wait > .zero else { return }
            // In short steps, so that a changed limit is felt soon.
            try await time.sleep(min(wait, .milliseconds(250)))
            waiting()
        }
    }
}

/// Time and chance, as values that tests can replace.
public struct HubTime: Sendable {
    public var now: @Sendable () -> ContinuousClock.Instant
    /// Throws `CancellationError` when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// Evenly from 0 to 1.
    public var chance: @Sendable () -> Double
    /// Unix time in seconds.
    public var unixSeconds: @Sendable () -> Int

    public init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void, chance: @escaping @Sendable () -> Double,
        unixSeconds: @escaping @Sendable () -> Int
    ) {
        self.now = now
        self.sleep = sleep
        self.chance = chance
        self.unixSeconds = unixSeconds
    }
}
